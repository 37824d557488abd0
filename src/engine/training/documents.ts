import { TrainingTextError } from "../../errors";
import { nextTask } from "../../math/nextTask";
import { printable } from "../../math/printable";
import { utf8Length } from "../../math/utf8Length";
import { baseOf } from "../paths";
import type { NamedBlob } from "../protocol";
import type { TextSource } from "../trainingProtocol";

/** More than any lens needs; its token ids and sequences take some three times that in memory. */
const maxBytes = 64e6;

/** Of a text's characters; a binary file of no NULs has a tenth. */
const maxControlShare = 0.01;

/** Lines between two looks at what waits: some milliseconds of them. */
const linesAtOnce = 1000;

/** A text's documents and what to call it. */
export type Documents = { readonly name: string; readonly documents: readonly string[] };

const number = new Intl.NumberFormat("en");
const megabytes = (bytes: number) => `${number.format(Math.round(bytes / 1e6))} MB`;

/**
 * The documents of a text that was pasted, or of files; empty ones are left out.
 *
 * @throws TrainingTextError if it is too long (before anything is read), binary, empty, or a `.jsonl` line has no `text`
 * @throws signal.reason if `signal` aborts, between two files or some lines
 */
export async function readDocuments(
  source: Exclude<TextSource, { kind: "sample" }>,
  signal: AbortSignal,
): Promise<Documents> {
  const found =
    source.kind === "text"
      ? { name: source.name, documents: pasted(source) }
      : { name: nameOf(source.files), documents: await readFiles(source.files, signal) };
  const documents = found.documents.filter((text) => /\P{White_Space}/u.test(text));
  if (documents.length === 0) {
    throw new TrainingTextError(
      "There is no text here. Paste some, or choose a file that has some.",
    );
  }
  return { ...found, documents };
}

function pasted({ name, text }: { readonly name: string; readonly text: string }): string[] {
  checkSize(name, text.length > maxBytes ? text.length : utf8Length(text));
  checkText(name, text);
  return [text];
}

async function readFiles(files: readonly NamedBlob[], signal: AbortSignal): Promise<string[]> {
  checkSize(
    nameOf(files),
    files.reduce((sum, { blob }) => sum + blob.size, 0),
  );
  const documents: string[] = [];
  for (const file of files) {
    await nextTask();
    signal.throwIfAborted();
    const text = await decode(file);
    if (/\.(jsonl|ndjson)$/i.test(file.name)) await readLines(file.name, text, documents, signal);
    else documents.push(text);
  }
  return documents;
}

async function decode({ name, blob }: NamedBlob): Promise<string> {
  const bytes = await blob.arrayBuffer().catch(() => {
    throw new TrainingTextError(`${named(name)} has changed since it was chosen. Choose it again.`);
  });
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw notText(name);
  }
  checkText(name, text);
  return text;
}

/** Adds each line's `text`. */
async function readLines(
  name: string,
  text: string,
  documents: string[],
  signal: AbortSignal,
): Promise<void> {
  let start = 0;
  for (let line = 1; start < text.length; ++line) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    const json = text.slice(start, end).trim();
    if (json !== "") documents.push(textOf(json, `Line ${number.format(line)} of ${named(name)}`));
    start = end + 1;
    if (line % linesAtOnce !== 0) continue;
    await nextTask();
    signal.throwIfAborted();
  }
}

function textOf(json: string, where: string): string {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new TrainingTextError(
      `${where} is no JSON. Each line of a .jsonl file is an object of its own.`,
    );
  }
  const text =
    typeof value === "object" && value !== null && Object.hasOwn(value, "text")
      ? (value as { readonly text: unknown }).text
      : null;
  if (typeof text === "string") return text;
  throw new TrainingTextError(
    `${where} has no text. Each line of a .jsonl file is an object whose "text" is a document.`,
  );
}

function checkSize(name: string, bytes: number): void {
  if (bytes <= maxBytes) return;
  throw new TrainingTextError(
    `${named(name)} has ${megabytes(bytes)}; a text of up to ${megabytes(maxBytes)} is taken here. Choose a part of it, or train elsewhere.`,
  );
}

function checkText(name: string, text: string): void {
  let controls = 0;
  for (let i = 0; i < text.length; ++i) {
    const unit = text.charCodeAt(i);
    if (unit === 0) throw notText(name);
    if (unit < 0x20 && !(unit >= 0x09 && unit <= 0x0d)) ++controls; // tabs and ends of lines and pages
  }
  if (controls > maxControlShare * text.length) throw notText(name);
}

const notText = (name: string) =>
  new TrainingTextError(
    `${named(name)} is not a text in UTF-8. Save it as plain text in UTF-8, or choose another.`,
  );

const named = (name: string) => printable(baseOf(name)) || "This text";

function nameOf(files: readonly NamedBlob[]): string {
  const [first] = files;
  if (files.length === 1) return baseOf(first.name);
  return `${number.format(files.length)} files`;
}
