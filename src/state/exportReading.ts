import { type App, exportReadings } from "../lens/readingJson";
import type { ReadingStore } from "./readingStore";

/**
 * Saves what is on screen as `midthought-reading/1`: the lens in use, then the logit lens. Returns the
 * sentence that says what happened.
 */
export async function saveJson(store: ReadingStore, app: App): Promise<string> {
  const readings = await store.getState().readings();
  if (readings.length === 0) return "The reading is not whole yet. Export it when it is.";
  const file = new Blob([exportReadings(readings, app)], { type: "application/json" });
  const name = `${fileName(readings[0].prompt)}.json`;
  download(file, name);
  return `Saved as ${name}.`;
}

/** A file's name that says which prompt it is of, in letters that every system allows. */
export const fileName = (prompt: string | null) =>
  joined(["midthought", ...plainWords(prompt ?? "")]);

/** As `fileName`, of a lens by its name; `lens` where that has no such letters. */
export const lensFileName = (name: string) => joined(plainWords(name)) || "lens";

const plainWords = (text: string) =>
  text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .match(/[a-zA-Z0-9]+/g) ?? [];

const joined = (words: readonly string[]) =>
  words.join("-").slice(0, 48).replace(/-$/, "").toLowerCase();

/** Hands a file to the browser, which saves it. */
export function download(file: Blob, name: string) {
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // the browser may still be asking where to
}
