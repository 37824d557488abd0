import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";

import { safetensorsBlob } from "../src/format/safetensorsWriter";

/** A file as a browser is given it. */
export type GivenFile = { readonly name: string; readonly bytes: Uint8Array };

const fixtures = new URL("../src/engine/fixtures/", import.meta.url);
const given = (path: string): GivenFile => ({
  name: path.slice(path.lastIndexOf("/") + 1),
  bytes: readFileSync(new URL(path, fixtures)),
});

/** Files that the Python library wrote, of the tiny models that the engine's goldens are of. */
export const tiny = {
  model: [given("tiny-llama/config.json"), given("tiny-llama/model.safetensors")],
  lens: [given("tiny-llama/lens/config.json"), given("tiny-llama/lens/params.pt")],
  jacobian: [given("tiny-llama/jacobian/lens.pt")],
  /** For another model than any that is open here. */
  other: [given("tiny-gpt2/lens/config.json"), given("tiny-gpt2/lens/params.pt")],
};

/** A lens for the bundled model that adds the same to every dimension: small, and unlike any other. */
export async function biasLens(name: string, bias: number): Promise<GivenFile> {
  const biases = Array.from({ length: 30 }, (_, layer) => {
    const values = new Float32Array(576).fill(bias);
    return [`${layer}.bias`, { shape: [576], values }] as const;
  });
  const blob = safetensorsBlob(new Map(biases), {});
  return { name, bytes: new Uint8Array(await blob.arrayBuffer()) };
}

/** Drops files on the window, as from a file manager. */
export const dropFiles = (page: Page, ...files: readonly GivenFile[]) =>
  page.evaluate(
    (list) => {
      const dataTransfer = new DataTransfer();
      for (const [name, base64] of list) {
        const binary = atob(base64);
        const bytes = new Uint8Array(binary.length); // Uint8Array.from takes seconds for 40 MB
        for (let i = 0; i < bytes.length; ++i) bytes[i] = binary.charCodeAt(i);
        dataTransfer.items.add(new File([bytes], name));
      }
      dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
    },
    files.map(({ name, bytes }) => [name, Buffer.from(bytes).toString("base64")] as const),
  );
