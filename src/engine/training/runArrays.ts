import type { SafetensorsSource } from "../../format/safetensors";
import type { SafeTensor } from "../../format/safetensorsWriter";
import type { Translator } from "../../lens/translator";
import type { Learnt, Run } from "./runState";

/** A run without its arrays: plain. */
export type RunHead = Omit<Run, "text" | "startTranslators"> & {
  readonly text: Pick<Run["text"], "summary">;
};

type RunArrays = Pick<Run, "text" | "startTranslators">;

/** By name. */
type Arrays = Map<string, SafeTensor>;

const array = (values: SafeTensor["values"]): SafeTensor => ({ shape: [values.length], values });

/** A run's text, and the lens that it starts from. */
export function runArrays({ text, startTranslators }: RunArrays): Arrays {
  const arrays: Arrays = new Map();
  for (const part of ["train", "heldOut"] as const) {
    arrays.set(`${part}.lengths`, array(Int32Array.from(text[part], ({ length }) => length)));
    arrays.set(`${part}.ids`, array(joined(text[part])));
  }
  arrays.set("documents", array(new TextEncoder().encode(JSON.stringify(text.documents))));
  for (const [layer, translator] of startTranslators.entries())
    if (translator) addTranslator(arrays, `${layer}`, translator);
  return arrays;
}

/** What `runArrays` gave, read. */
export async function readRun(
  source: SafetensorsSource,
  { model, text }: RunHead,
): Promise<RunArrays> {
  const sequences = async (part: "train" | "heldOut") => {
    const lengths = new Int32Array((await source.readBytes(`${part}.lengths`)).buffer);
    const ids = new Int32Array((await source.readBytes(`${part}.ids`)).buffer);
    let start = 0;
    return Array.from(lengths, (length) => {
      start += length;
      return ids.subarray(start - length, start);
    });
  };
  const documents = JSON.parse(new TextDecoder().decode(await source.readBytes("documents")));
  const startTranslators: (Translator | null)[] = [];
  for (let layer = 0; layer < model.nLayers; ++layer)
    startTranslators.push(await readTranslator(source, `${layer}`));
  const [train, heldOut] = [await sequences("train"), await sequences("heldOut")];
  return { text: { summary: text.summary, train, heldOut, documents }, startTranslators };
}

/** All that a training has learnt so far. */
export function learntArrays({ moments, start, best, trainer }: Learnt): Arrays {
  const arrays: Arrays = new Map();
  if (moments) {
    arrays.set("moments.count", array(Float64Array.of(moments.count)));
    for (const part of ["sums", "squares", "products"] as const)
      for (const [i, values] of moments[part].entries())
        arrays.set(`moments.${part}.${i}`, array(values));
  }
  for (const [i, one] of start?.entries() ?? []) addTranslator(arrays, `start.${i}`, one);
  if (best !== start)
    for (const [i, one] of best?.entries() ?? []) addTranslator(arrays, `best.${i}`, one);
  for (const [name, values] of trainer ?? []) arrays.set(`trainer.${name}`, array(values));
  return arrays;
}

/** What `learntArrays` gave, read. */
export async function readLearnt(source: SafetensorsSource): Promise<Learnt> {
  const doubles = async (name: string) => new Float64Array((await source.readBytes(name)).buffer);
  const all = async <T>(read: (i: number) => Promise<T | null>) => {
    const list: T[] = [];
    for (let one = await read(0); one !== null; one = await read(list.length)) list.push(one);
    return list.length > 0 ? list : null;
  };
  const translators = (name: string) => all((i) => readTranslator(source, `${name}.${i}`));
  const sums = (part: string) =>
    all(async (i) => {
      const name = `moments.${part}.${i}`;
      return source.tensors.has(name) ? doubles(name) : null;
    });
  const moments = source.tensors.has("moments.count")
    ? {
        count: (await doubles("moments.count"))[0],
        sums: (await sums("sums")) ?? [],
        squares: (await sums("squares")) ?? [],
        products: (await sums("products")) ?? [],
      }
    : null;
  const start = await translators("start");
  const trainer = new Map<string, Float32Array>();
  for (const name of source.tensors.keys()) {
    if (name.startsWith("trainer."))
      trainer.set(name.slice("trainer.".length), await floats(source, name));
  }
  return {
    moments,
    start,
    best: (await translators("best")) ?? start,
    trainer: trainer.size > 0 ? trainer : null,
  };
}

function addTranslator(arrays: Arrays, name: string, { weight, bias }: Translator): void {
  arrays.set(`${name}.weight`, array(weight));
  arrays.set(`${name}.bias`, array(bias));
}

async function readTranslator(source: SafetensorsSource, name: string): Promise<Translator | null> {
  if (!source.tensors.has(`${name}.weight`)) return null;
  return {
    weight: await floats(source, `${name}.weight`),
    bias: await floats(source, `${name}.bias`),
  };
}

/** Bit for bit, also where they are halves of float64. */
const floats = async (source: SafetensorsSource, name: string) =>
  new Float32Array((await source.readBytes(name)).buffer);

function joined(sequences: readonly Int32Array[]): Int32Array {
  const all = new Int32Array(sequences.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const ids of sequences) {
    all.set(ids, at);
    at += ids.length;
  }
  return all;
}
