import type { BackendChoice } from "../engine/protocol";

/** The backend that the address asks for by `?backend=`, and a sentence where it cannot be had. */
export function backendFromSearch(search: string): {
  readonly backend: BackendChoice;
  readonly notice: string | null;
} {
  const asked = new URLSearchParams(search).get("backend");
  if (asked === "webgpu" || asked === "wasm") return { backend: asked, notice: null };
  const notice =
    asked === null
      ? null
      : `“${asked.slice(0, 40)}” in the address is no backend and was ignored: ?backend=webgpu and ?backend=wasm are.`;
  return { backend: "auto", notice };
}
