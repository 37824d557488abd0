/** Named as a text to train on. */
const isNamedText = ({ name }: File) => /\.(txt|jsonl|ndjson)$/i.test(name);

/** Any other text, such as .md or .csv: one document, as .txt is. */
const isText = (file: File) =>
  isNamedText(file) || file.type.startsWith("text/") || /\.(md|markdown|log)$/i.test(file.name);

/** Of a model or a lens, whose folders have texts of their own, such as merges.txt. */
const isOfFolder = ({ name }: File) =>
  /\.(safetensors|gguf|pt|pth|bin|npz|zip)$|^config( ?\(\d+\))?\.json$/i.test(name);

/**
 * Files that were dropped on the Train tab: what is trained on, and what is opened as on any tab. Beside
 * files of a model or a lens every text is theirs, and nothing is trained on.
 */
export function sortFiles(files: readonly File[]): { texts: File[]; others: File[] } {
  if (files.every(isText)) return { texts: [...files], others: [] };
  if (files.some(isOfFolder)) return { texts: [], others: [...files] };
  return { texts: files.filter(isNamedText), others: files.filter((file) => !isNamedText(file)) };
}
