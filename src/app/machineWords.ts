import { count } from "../chart/numbers";
import type { EngineInfo } from "../engine/protocol";
import type { ReadingState } from "../state/readingState";
import type { Tab } from "./tabs";

type Shown = Pick<ReadingState, "info" | "progress" | "source" | "reading">;

const backendWords = ({ backend, threads }: EngineInfo) =>
  backend === "wasm" ? `wasm, ${count(threads, "thread")}` : "webgpu";

/**
 * `wasm, 2 threads`, `webgpu`, or what the page is at before it knows. What is trained runs on the
 * engine, wherever the reading on the other tab comes from.
 */
export function machineOf({ info, progress, source, reading }: Shown, tab: Tab): string {
  if (tab === "train" && info) return backendWords(info);
  if (progress.status === "loading") return "loading";
  if (source.kind === "file") return "from a file";
  if (source.kind === "recorded" && reading) return "recorded";
  return info ? backendWords(info) : "not loaded";
}

/** The model whose reading is on screen, or that is trained with. */
export function modelOf({ info, progress, reading }: Shown, tab: Tab): string | null {
  if (tab === "train" && info) return info.model.name;
  const loading = progress.status === "loading" ? progress.load?.name : null;
  return reading?.model.name ?? loading ?? info?.model.name ?? null;
}
