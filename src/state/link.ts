import type { LensInfo } from "../lens/reading";
import { type Cell, shownStatistics, strides, units, type View } from "../lens/view";
import {
  type LinkFile,
  type LinkLens,
  maxNameLength,
  parseName,
  parseSha256,
  parseSize,
  parseUrl,
} from "./linkFile";
import {
  decodePrompt,
  encodePrompt,
  escapeForUrl,
  fitsLink,
  isSamePrompt,
  type LinkPrompt,
  maxPromptLength,
  promptParameters,
} from "./linkPrompt";

/** What is on screen, as far as a link says it. */
export type Link = View & {
  /** Text, or token ids in [0, 2^31). */
  readonly prompt: LinkPrompt;
  readonly lens: LensInfo["kind"];
  /** The lens of that kind, where it is none of the page's own. */
  readonly lensFile: LinkLens | null;
  /** The model, where it is not the page's own. */
  readonly model: LinkFile | null;
  /** Layer at most 10,000, position at most 1,000,000; null where no cell is pinned. */
  readonly pin: Cell | null;
};

/** What a link need not say. By default no cell is pinned, and model and lens are the page's own. */
export type LinkDefaults = Omit<Link, "pin" | "lensFile" | "model">;

/** In UTF-16 units: of a longer hash nothing is read. */
export const maxLinkLength = 2 ** 20;

const lenses = ["logit", "tuned", "jacobian"] as const satisfies readonly LensInfo["kind"][];
const maxLayer = 10_000;
const maxPosition = 1_000_000;

/**
 * The URL hash that shows what is on screen, `#v=1&…`, naming only what is not the default; `""`
 * where all of it is.
 *
 * Leaves out a prompt for which `fitsLink` is false, and the cell with it: it is a cell of that prompt.
 */
export function encodeLink(link: Link, defaults: LinkDefaults): string {
  const { prompt, lens, lensFile, model, statistic, unit, stride, pin } = link;
  const parameters: string[] = [];
  const hasPrompt = fitsLink(prompt);
  if (hasPrompt && !isSamePrompt(prompt, defaults.prompt)) parameters.push(encodePrompt(prompt));
  if (lens !== defaults.lens) parameters.push(`lens=${lens}`);
  if (lensFile) parameters.push(...encodeFile(lensFile, "file", "sha256"));
  if (lensFile?.remote) {
    const { url, sizeBytes } = lensFile.remote;
    parameters.push(`url=${escapeForUrl(url)}`, `bytes=${sizeBytes}`);
  }
  if (model) parameters.push(...encodeFile(model, "model", "modelSha256"));
  if (statistic !== defaults.statistic) parameters.push(`statistic=${statistic}`);
  if (unit !== defaults.unit) parameters.push(`unit=${unit}`);
  if (stride !== defaults.stride) parameters.push(`layers=${stride}`);
  if (hasPrompt && pin) parameters.push(`cell=${pin.row}.${pin.position}`);
  return parameters.length === 0 ? "" : `#${["v=1", ...parameters].join("&")}`;
}

const encodeFile = ({ name, sha256 }: LinkFile, nameKey: string, sumKey: string) => [
  `${nameKey}=${escapeForUrl(cut(name))}`,
  `${sumKey}=${sha256}`,
];

/** As long a name as a link may hold, with no half character at its end. */
const cut = (name: string) =>
  name
    .toWellFormed()
    .slice(0, maxNameLength)
    .replace(/[\uD800-\uDBFF]$/, "");

const parameterNames = new Set<string>([
  "v",
  ...promptParameters,
  "lens",
  "file",
  "sha256",
  "url",
  "bytes",
  "model",
  "modelSha256",
  "statistic",
  "unit",
  "layers",
  "cell",
]);

/** What a hash says. */
export type Decoded = {
  readonly link: Link;
  /** What was ignored, in one sentence; null where nothing was. */
  readonly notice: string | null;
  /** False where nothing could be used, and the link is the defaults. */
  readonly isUsed: boolean;
};

/**
 * What a hash says, with the defaults for what it leaves out. Never throws: what cannot be read, or
 * is not known, is ignored.
 *
 * @param hash as in `location.hash`, from anyone
 */
export function decodeLink(hash: string, defaults: LinkDefaults): Decoded {
  const unread = (why: string | null): Decoded => ({
    link: { ...defaults, lensFile: null, model: null, pin: null },
    notice: why && `Nothing of this link was used: ${why}.`,
    isUsed: why === null,
  });
  if (hash.length > maxLinkLength)
    return unread(`it is longer than ${maxLinkLength.toLocaleString("en")} characters`);
  const values = splitHash(hash);
  if (values.size === 0) return unread(null);
  if (!values.has("v")) return unread("it does not say its version, as in v=1");
  if (values.get("v")?.[0] !== "1") return unread("its version is not one that this page knows");

  const problems: string[] = [];
  /** A parameter as `read` takes it; null where it is absent, or is not what is expected. */
  function take<T>(name: string, read: (value: string) => T | null, expected: string): T | null {
    const value = values.get(name)?.[0];
    if (value === undefined) return null;
    const text = unescapeValue(value);
    const taken = text === null ? null : read(text);
    if (taken === null) problems.push(`its ${name} is not ${expected}`);
    return taken;
  }
  const takeOneOf = <T extends string | number>(name: string, list: readonly T[]) =>
    take(
      name,
      (value) => list.find((item) => String(item) === value) ?? null,
      `one of ${list.join(", ")}`,
    );

  const [promptName, ...otherPrompts] = promptParameters.filter((name) => values.has(name));
  const prompt =
    promptName &&
    take(
      promptName,
      (value) => decodePrompt(promptName, value),
      `${promptName.startsWith("ids") ? "a list of token ids" : "text"} of at most ${maxPromptLength.toLocaleString("en")} characters`,
    );
  if (otherPrompts.length > 0) problems.push(`it has a prompt in ${otherPrompts.join(", ")} too`);
  /** A file by its name and its sum, which go together; null where it has none of the two. */
  function takeFile(nameKey: string, sumKey: string, what: string): LinkFile | null {
    const name = take(nameKey, parseName, `a name of at most ${maxNameLength} characters`);
    const sha256 = take(sumKey, parseSha256, "64 hexadecimal digits");
    if (name !== null && sha256 !== null) return { name, sha256 };
    if (values.has(nameKey) !== values.has(sumKey))
      problems.push(`it names a ${what} without ${values.has(nameKey) ? sumKey : nameKey}`);
    return null;
  }
  function takeLens(): LinkLens | null {
    const file = takeFile("file", "sha256", "lens");
    const url = take("url", parseUrl, "an address that begins with https:");
    const sizeBytes = take("bytes", parseSize, "a size in bytes");
    if (values.has("url") !== values.has("bytes")) {
      problems.push("it says where a lens is and not how large, or how large and not where");
    }
    if ((url !== null || sizeBytes !== null) && !file) problems.push("it names no lens to fetch");
    return (
      file && { ...file, remote: url !== null && sizeBytes !== null ? { url, sizeBytes } : null }
    );
  }
  const lensFile = takeLens();
  const model = takeFile("model", "modelSha256", "model");
  const pin = take("cell", parseCell, "a layer and a position, as in 24.9");
  const lens = takeOneOf("lens", lenses);
  const statistic = takeOneOf("statistic", shownStatistics);
  const unit = takeOneOf("unit", units);
  const stride = takeOneOf("layers", strides);
  const link: Link = {
    prompt: prompt ?? defaults.prompt,
    lens: lens ?? defaults.lens,
    lensFile,
    model,
    statistic: statistic ?? defaults.statistic,
    unit: unit ?? defaults.unit,
    stride: stride ?? defaults.stride,
    pin: prompt === null ? null : pin, // a cell of a prompt that could not be read
  };
  const used = [prompt ?? null, lens, lensFile, model, statistic, unit, stride, link.pin];

  for (const [name, given] of values)
    if (given.length > 1 && parameterNames.has(name)) problems.push(`it says ${name} twice`);
  const nUnknown = [...values.keys()].filter((name) => !parameterNames.has(name)).length;
  if (nUnknown > 0) problems.push(`${nUnknown} of its parameters are not known here`);
  if (problems.length === 0) return { link, notice: null, isUsed: true };
  if (used.every((part) => part === null)) return unread(problems.join("; "));
  return { link, notice: `Part of this link was ignored: ${problems.join("; ")}.`, isUsed: true };
}

/** Values by name, still escaped, in the order they were given; a name without `=` has an empty one. */
function splitHash(hash: string): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>();
  for (const parameter of hash.replace(/^#/, "").split("&")) {
    if (parameter === "") continue;
    const [name] = parameter.split("=", 1);
    const value = parameter.slice(name.length + 1);
    const given = values.get(name);
    if (given) given.push(value);
    else values.set(name, [value]);
  }
  return values;
}

/** null where a percent sign or the UTF-8 that it stands for is broken. */
function unescapeValue(value: string): string | null {
  try {
    return decodeURIComponent(value);
  } catch {
    return null;
  }
}

/** `24.9` is layer 24 after token 9. */
function parseCell(value: string): Cell | null {
  const [, layer, digits] = /^(output|\d{1,5})\.(\d{1,7})$/.exec(value) ?? [];
  const position = Number(digits);
  if (layer === undefined || position > maxPosition) return null;
  if (layer === "output") return { row: layer, position };
  return Number(layer) <= maxLayer ? { row: Number(layer), position } : null;
}
