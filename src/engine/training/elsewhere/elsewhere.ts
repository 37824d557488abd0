import { safetensorsBlob } from "../../../format/safetensorsWriter";
import { torchBlob } from "../../../format/torchWriter";
import { type FileToZip, zipBlob } from "../../../format/zipWriter";
import { lensConfigJson, lensTensors } from "../../../lens/lensFolder";
import type { App } from "../../../lens/readingJson";
import type { Run } from "../runState";
import { plannedSteps } from "../steps";
import { wholeTranslators } from "../trainedLens";
import batchesPy from "./batches.py?raw";
import lensPy from "./lens.py?raw";
import modelPy from "./model.py?raw";
import readme from "./README.md?raw";
import requirements from "./requirements.txt?raw";
import trainPy from "./train.py?raw";

/**
 * A zip that trains what `run` would with PyTorch, on one machine or many: scripts, settings, and the
 * text's token ids as they were cut here, so that figures compare.
 *
 * `settings.json` has every default filled in; `text.safetensors` has `train` and `heldOut`, each
 * `[sequences, positions]` int32; `text.jsonl` is the text itself; `start/` is the open lens, where the
 * training begins with one.
 *
 * @param baseModel what `train.py` opens unless it is told otherwise: the model's name on the Hugging Face Hub
 */
export async function trainElsewhereZip(
  run: Run,
  baseModel: string | null,
  app: App,
): Promise<Blob> {
  const { model, text } = run;
  const base = baseModel ?? model.name;
  const files: FileToZip[] = [
    textFile("README.md", readme),
    textFile("train.py", trainPy),
    textFile("batches.py", batchesPy),
    textFile("lens.py", lensPy),
    textFile("model.py", modelPy),
    textFile("requirements.txt", requirements),
    textFile("settings.json", settingsJson(run, base, app)),
    {
      name: "text.safetensors",
      data: safetensorsBlob(
        new Map([
          ["train", matrix(text.train)],
          ["heldOut", matrix(text.heldOut)],
        ]),
        {},
      ),
    },
    { name: "text.jsonl", data: new Blob(text.documents.map(jsonLine)) },
  ];
  if (run.settings.start === "open") {
    const tensors = lensTensors(wholeTranslators(run.startTranslators, model.dModel));
    files.push(
      { name: "start/params.pt", data: await torchBlob(tensors) },
      textFile("start/config.json", lensConfigJson({ ...model, baseModel: base }, null)),
    );
  }
  return zipBlob(files);
}

function settingsJson(run: Run, baseModel: string, app: App): string {
  const { name, model, text, settings, rates, layers, start } = run;
  const filled = { ...settings, ...rates, layers, steps: plannedSteps(run) };
  const job = {
    format: "midthought-train-elsewhere/1",
    app,
    name,
    model: { ...model, baseModel },
    text: text.summary,
    start,
    settings: filled,
  };
  return `${JSON.stringify(job, null, 2)}\n`;
}

/** Sequences of one length, one a row. */
function matrix(sequences: readonly Int32Array[]) {
  const length = sequences[0].length;
  const values = new Int32Array(sequences.length * length);
  for (const [i, ids] of sequences.entries()) values.set(ids, i * length);
  return { shape: [sequences.length, length], values };
}

const textFile = (name: string, text: string): FileToZip => ({ name, data: new Blob([text]) });

const jsonLine = (text: string) => `${JSON.stringify({ text })}\n`;
