import type { ReadingState } from "../state/readingStore";
import { count } from "./numbers";
import { useReading } from "./useReading";

/** `wasm, 2 threads`, `webgpu`, or what the page is at before it knows. */
function machine({ info, progress }: ReadingState): string {
  if (progress.status === "loading") return "loading";
  if (!info) return "not loaded";
  return info.backend === "wasm" ? `wasm, ${count(info.threads, "thread")}` : "webgpu";
}

const modelName = ({ info, progress }: ReadingState): string | null =>
  (progress.status === "loading" && progress.load?.name) || (info?.model.name ?? null);

export function HeaderBar() {
  const model = useReading(modelName);
  const on = useReading(machine);
  const adapter = useReading((state) => state.info?.adapter ?? undefined);
  return (
    <header className="bar">
      <h1 className="wordmark">
        Mid<b>thought</b>
      </h1>
      <p className="machine" title={adapter}>
        {model && <span className="model">{model}</span>} <span className="backend">{on}</span>
      </p>
    </header>
  );
}
