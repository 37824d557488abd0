import * as v from "valibot";

import { ReadingFileError } from "../errors";
import type { Row } from "./backend";
import type { Reading } from "./reading";

const maxRows = 1000;
const maxTokens = 16_384;
/** In UTF-16 units, of one token's text. */
export const maxTokenLength = 1000;
/** In UTF-16 units, of names, versions and digests. */
const maxNameLength = 200;

// Each message goes on from "… is not".
const index = (max: number, min = 0) => {
  const expected = `a whole number in ${min} … ${max}`;
  return v.pipe(
    v.number(expected),
    v.safeInteger(expected),
    v.minValue(min, expected),
    v.maxValue(max, expected),
  );
};
/** Half characters become U+FFFD: whatever is exported again is UTF-8. */
const asWellFormed = v.transform((text: string) => text.toWellFormed());
const text = (maxLength: number) => {
  const expected = `a string of at most ${maxLength} characters`;
  return v.pipe(v.string(expected), v.maxLength(maxLength, expected), asWellFormed);
};
const name = text(maxNameLength);
const id = index(2 ** 31 - 1);
/** Its length is checked before an item of it is looked at. */
const list = <Item extends v.GenericSchema>(item: Item, max: number) => {
  const expected = `a list of 1 … ${max}`;
  return v.pipe(
    v.array(v.unknown(), expected),
    v.minLength(1, expected),
    v.maxLength(max, expected),
    v.array(item),
  );
};

const headSchema = v.object({
  app: v.object(
    {
      name,
      version: name,
      backend: v.picklist(["webgpu", "wasm", "recorded"], "webgpu, wasm or recorded"),
    },
    "an object",
  ),
  model: v.object(
    {
      name,
      family: name,
      nLayers: index(10_000, 1),
      dModel: index(2 ** 31 - 1, 1),
      vocab: index(2 ** 31 - 1, 1),
      sha256: name,
    },
    "an object",
  ),
  lens: v.object(
    {
      kind: v.picklist(["logit", "tuned", "jacobian"], "logit, tuned or jacobian"),
      name,
      sha256: v.nullable(name),
    },
    "an object",
  ),
  prompt: v.nullable(v.pipe(v.string("a string or null"), asWellFormed)),
  tokens: list(v.object({ id, text: text(maxTokenLength) }, "an object"), maxTokens),
  targets: list(v.nullable(id), maxTokens),
  rows: list(
    v.custom<Row>(
      (row) => row === "output" || Number.isInteger(row),
      'a layer\'s number or "output"',
    ),
    maxRows,
  ),
  unit: v.literal("nats", '"nats"'),
});

/** What a reading's file says beside its tables. */
export type ReadingFileHead = Pick<
  Reading,
  "model" | "lens" | "prompt" | "tokens" | "targets" | "rows"
>;

/**
 * Who read what with which lens, without the numbers.
 *
 * @throws ReadingFileError that names the field
 */
export function parseHead(file: unknown): ReadingFileHead {
  const { success, issues, output } = v.safeParse(headSchema, file, { abortEarly: true });
  if (!success) {
    const path = issues[0].path?.map(({ key }) =>
      typeof key === "number" ? `[${key}]` : `.${key}`,
    );
    const field = path?.join("").slice(1) ?? "it";
    const { received, message } = issues[0];
    throw new ReadingFileError(
      received === "undefined" ? `${field} is missing` : `${field} is not ${message}`,
    );
  }

  const { model, lens, prompt, tokens, targets, rows } = output;
  if (targets.length !== tokens.length)
    throw new ReadingFileError(
      `targets has ${targets.length} positions where tokens lists ${tokens.length}`,
    );
  checkIds(
    "tokens",
    tokens.map((token) => token.id),
    model.vocab,
  );
  checkIds("targets", targets, model.vocab);
  checkRows(rows, model.nLayers);
  return { model, lens, prompt, tokens, targets, rows };
}

function checkIds(field: string, ids: readonly (number | null)[], vocab: number) {
  const at = ids.findIndex((id) => id !== null && id >= vocab);
  if (at >= 0)
    throw new ReadingFileError(
      `${field}[${at}] is token ${ids[at]}, and the model's vocabulary has ${vocab}`,
    );
}

function checkRows(rows: readonly Row[], nLayers: number) {
  const layers = rows.slice(0, -1);
  const isAscending = layers.every(
    (layer, i) =>
      layer !== "output" && layer < nLayers && layer > (i === 0 ? -1 : (layers[i - 1] as number)),
  );
  if (!isAscending || rows.at(-1) !== "output")
    throw new ReadingFileError(
      `rows is not layers 0 … ${nLayers - 1} in ascending order, each at most once, and "output" last`,
    );
}
