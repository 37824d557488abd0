import { readFileSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";

import shipped from "../../models/smollm2-135m-instruct/lens/receipt.json";
import { FormatError, LensMismatchError } from "../errors";
import { safetensorsBlob } from "../format/safetensorsWriter";
import { openZip } from "../format/zip";
import { sha256OfBlobs } from "../math/sha256Blob";
import { openModel } from "../model/openModel";
import { inspectFiles } from "./inspectFiles";
import { modelUnembedHash } from "./modelUnembedHash";
import { openLens } from "./openLens";
import { createOpenLenses } from "./openLenses";
import type { FoundLens } from "./protocol";
import { saveLens } from "./saveLens";
import type { TrainingReceipt } from "./trainingProtocol";

vi.mock("../math/sha256Blob", { spy: true });

const bytesOf = (path: string) =>
  new Uint8Array(readFileSync(new URL(`fixtures/${path}`, import.meta.url)));
const blobOf = (path: string) => new Blob([bytesOf(path)]);

const model = await openModel(
  new Map([
    ["config.json", blobOf("tiny-llama/config.json")],
    ["model.safetensors", blobOf("tiny-llama/model.safetensors")],
  ]),
  "tiny-llama",
);
const app = { name: "midthought", version: "0.1.0" };
const anyFile = { sha256: null, url: null };

function lensOf(folder: string, config: string | null = null): FoundLens {
  const said = config ?? readFileSync(new URL(`fixtures/${folder}/config.json`, import.meta.url));
  return {
    kind: "lens",
    name: "params",
    parameters: { name: "params.pt", blob: blobOf(`${folder}/params.pt`) },
    config: { name: "config.json", blob: new Blob([said]) },
    receipt: null,
  };
}
const tiny = lensOf("tiny-llama/lens");
const jacobian: FoundLens = {
  kind: "lens",
  name: "mine",
  parameters: { name: "lens.pt", blob: blobOf("tiny-llama/jacobian/lens.pt") },
  config: null,
  receipt: null,
};
const noLenses = () => createOpenLenses(3, []);

describe("openLens()", () => {
  test("opens the library's own lens, and says what it is", async () => {
    const lenses = noLenses();
    const name = await openLens(tiny, model, lenses, anyFile);
    const { info, translators, missing } = lenses.named(name);
    expect(info).toMatchObject({ kind: "tuned", nLayers: 3, isBundled: false, url: null });
    expect(info.sizeBytes).toBe(52489);
    expect(info.sha256).toBe(await sha256OfBlobs([tiny.parameters.blob]));
    expect(translators).toHaveLength(3);
    expect(missing).toEqual([]);
  });

  test("opens a Jacobian lens, and says how many layers it has", async () => {
    const lenses = noLenses();
    const name = await openLens(jacobian, model, lenses, anyFile);
    expect(name).toBe("mine");
    expect(lenses.named(name)).toMatchObject({
      info: { kind: "jacobian", nLayers: 1 },
      missing: [0, 1],
    });
  });

  test("the same file again is the lens that is open; another of that name gets a number", async () => {
    const lenses = noLenses();
    const name = await openLens(tiny, model, lenses, anyFile);
    expect(await openLens(tiny, model, lenses, anyFile)).toBe(name);
    const other = { ...jacobian, name };
    expect(await openLens(other, model, lenses, anyFile)).toBe(`${name} 2`);
    expect(lenses.all()).toHaveLength(2);
  });

  test("a config.json that comes after its parameters says what it knows of the open lens", async () => {
    const lenses = noLenses();
    const name = await openLens({ ...tiny, config: null, name: "mine" }, model, lenses, anyFile);
    const alone = lenses.named(name);
    expect(alone.baseModel).toBe(null);
    const facts = JSON.parse(await tiny.config!.blob.text());
    const config = JSON.stringify({ ...facts, base_model_name_or_path: "org/tiny-llama" });
    const folder = lensOf("tiny-llama/lens", config);
    expect(await openLens(folder, model, lenses, anyFile)).toBe("mine");
    const whole = lenses.named(name);
    expect(whole.baseModel).toBe("org/tiny-llama");
    expect(lenses.all()).toEqual([whole]);
    expect(await openLens({ ...tiny, config: null }, model, lenses, anyFile)).toBe("mine");
    expect(lenses.named(name)).toBe(whole); // a file alone takes nothing back
  });

  test("a lens for another model is refused by its names, before its bytes are hashed", async () => {
    vi.mocked(sha256OfBlobs).mockClear();
    const opening = openLens(lensOf("tiny-gpt_neox/lens"), model, noLenses(), anyFile);
    await expect(opening).rejects.toThrow(LensMismatchError);
    expect(sha256OfBlobs).not.toHaveBeenCalled();
  });

  test("no lens takes the name of a kind", async () => {
    const lenses = noLenses();
    expect(await openLens({ ...jacobian, name: "tuned" }, model, lenses, anyFile)).toBe("tuned 2");
    expect(lenses.find("logit").info.name).toBe("logit lens");
  });

  test("refuses a lens for another model with both sizes, and keeps what is open", async () => {
    const lenses = noLenses();
    const name = await openLens(tiny, model, lenses, anyFile);
    const opening = openLens(lensOf("tiny-gpt_neox/lens"), model, lenses, anyFile);
    await expect(opening).rejects.toThrow(LensMismatchError);
    await expect(opening).rejects.toThrow("3 layers of width 128; tiny-llama has 3 of 64");
    expect(lenses.all().map(({ info }) => info.name)).toEqual([name]);
  });

  test("refuses another file than the link's with both sums", async () => {
    const wanted = "0".repeat(64);
    const opening = openLens(tiny, model, noLenses(), { sha256: wanted, url: null });
    await expect(opening).rejects.toThrow(LensMismatchError);
    await expect(opening).rejects.toThrow(wanted);
    await expect(opening).rejects.toThrow(await sha256OfBlobs([tiny.parameters.blob]));
  });

  test("warns where the config's unembed_hash is not this model's", async () => {
    const config = JSON.parse(new TextDecoder().decode(bytesOf("tiny-llama/lens/config.json")));
    const warningsFor = async (unembed_hash: string | null) => {
      const lenses = noLenses();
      const lens = lensOf("tiny-llama/lens", JSON.stringify({ ...config, unembed_hash }));
      return lenses.named(await openLens(lens, model, lenses, anyFile)).info.warnings;
    };
    expect(await warningsFor(null)).toEqual([]);
    expect(await warningsFor("ab".repeat(32))).toEqual([expect.stringContaining("unembed")]);
  });

  test("a file cut anywhere is a FormatError, and opens nothing", async () => {
    const { blob } = tiny.parameters;
    for (let size = 0; size < blob.size; size += 4999) {
      const cut = { ...tiny, parameters: { name: "params.pt", blob: blob.slice(0, size) } };
      const lenses = noLenses();
      await expect(openLens(cut, model, lenses, anyFile)).rejects.toThrow(FormatError);
      expect(lenses.all()).toEqual([]);
    }
  });

  test("a config.json of megabytes is refused before it is read", async () => {
    const large = lensOf("tiny-llama/lens", " ".repeat(2 ** 20 + 1));
    await expect(openLens(large, model, noLenses(), anyFile)).rejects.toThrow("no lens's config");
  });

  test("biases alone are a lens", async () => {
    const biases = safetensorsBlob(
      new Map(
        [0, 1, 2].map((layer) => [
          `${layer}.bias`,
          { shape: [64], values: new Float32Array(64).fill(layer) },
        ]),
      ),
      {},
    );
    const lenses = noLenses();
    const found = {
      ...jacobian,
      name: "biases",
      parameters: { name: "b.safetensors", blob: biases },
    };
    const lens = lenses.named(await openLens(found, model, lenses, anyFile));
    expect(lens.translators[2]?.bias[5]).toBe(2);
    expect(lens.translators[2]?.weight.every((x) => x === 0)).toBe(true);
  });
});

describe("saveLens()", () => {
  test.each(["folder", "safetensors"] as const)(
    "saves a %s that opens as the same lens, bit for bit",
    async (format) => {
      const lenses = noLenses();
      const lens = lenses.named(await openLens(tiny, model, lenses, anyFile));
      const blob = await saveLens(lens, model, format, app);
      const name = format === "folder" ? "tiny.zip" : "tiny.safetensors";
      const found = await inspectFiles([{ name, blob }]);
      const again = found.find((one) => one.kind === "lens");
      const opened = lenses.named(await openLens(again!, model, lenses, anyFile));
      expect(opened.info.warnings).toEqual([]);
      expect(opened.translators).toEqual(lens.translators);
      expect(opened.baseModel).toBe("tiny-llama");
    },
  );

  test("saves the same lens as the same parameters, with a receipt of their sum", async () => {
    const lenses = noLenses();
    const lens = lenses.named(await openLens(tiny, model, lenses, anyFile));
    const unzip = async () => {
      const blob = await saveLens(lens, model, "folder", app);
      const entries = await openZip(blob, blob.size);
      const read = async (name: string) => new Blob([await entries.get(name)!.read()]);
      return {
        params: await read("params.pt"),
        receipt: await (await read("receipt.json")).text(),
      };
    };
    const [one, two] = [await unzip(), await unzip()];
    const sha256 = await sha256OfBlobs([one.params]);
    expect(await sha256OfBlobs([two.params])).toBe(sha256);
    expect(JSON.parse(one.receipt)).toMatchObject({
      format: "midthought-lens-receipt/1",
      lens: { kind: "tuned", sha256: lens.info.sha256 },
      model: { name: "tiny-llama", sha256: model.info.sha256 },
      params: { file: "params.pt", sha256 },
    });
  });

  test("saves a lens that was trained here with its receipt and the model's unembed_hash", async () => {
    const lenses = noLenses();
    const lens = lenses.named(await openLens(tiny, model, lenses, anyFile));
    const training = { steps: 3, ended: "done" } as TrainingReceipt;
    const receipt = { training, isGiven: false };
    const trained = { ...lens, unembedHash: null, receipt };
    const blob = await saveLens(trained, model, "folder", app);
    const entries = await openZip(blob, blob.size);
    const json = async (name: string) =>
      JSON.parse(await new Blob([await entries.get(name)!.read()]).text());
    expect((await json("receipt.json")).training).toEqual(training);
    expect((await json("config.json")).unembed_hash).toBe(await modelUnembedHash(model));
  });

  test("saves a lens whose receipt opens with it, as the file's word", async () => {
    const lenses = noLenses();
    const lens = lenses.named(await openLens(tiny, model, lenses, anyFile));
    const training = shipped.training as TrainingReceipt;
    const saved = { ...lens, receipt: { training, isGiven: false } };
    const folder = async (...without: string[]) => {
      const blob = await saveLens(saved, model, "folder", app);
      const entries = [...(await openZip(blob, blob.size))];
      const files = entries.map(async ([name, entry]) => ({
        name: `lens/${name}`,
        blob: new Blob([await entry.read()]),
      }));
      const found = await inspectFiles(
        (await Promise.all(files)).filter(({ name }) => !without.some((one) => name.endsWith(one))),
      );
      expect(found).toHaveLength(1); // the receipt is the lens's
      return found[0] as FoundLens;
    };
    const open = noLenses();
    const opened = async (found: FoundLens) =>
      open.named(await openLens(found, model, open, anyFile));
    expect((await opened(await folder("receipt.json"))).receipt).toBeNull();
    const whole = await folder();
    const { receipt, info } = await opened(whole); // of the lens that is open already
    expect(receipt).toEqual({ training, isGiven: true });
    expect(open.all()).toHaveLength(1);
    expect((await opened(await folder("receipt.json", "config.json"))).receipt).toEqual(receipt);

    const other = { ...tiny, receipt: whole.receipt };
    const tinySum = await sha256OfBlobs([tiny.parameters.blob]);
    expect(tinySum).not.toBe(info.sha256);
    expect((await opened(other)).receipt).toBeNull();
  });

  test("saves as float16 what opens as the nearest float16s, and refuses what is past them", async () => {
    const lenses = noLenses();
    const lens = lenses.named(await openLens(tiny, model, lenses, anyFile));
    const blob = await saveLens(lens, model, "float16", app);
    const found = { kind: "lens" as const, name: "half", config: null, receipt: null };
    const parameters = { name: "half.safetensors", blob };
    const opened = lenses.named(await openLens({ ...found, parameters }, model, lenses, anyFile));
    const { weight } = lens.translators[1]!;
    opened.translators[1]!.weight.forEach((value, i) => {
      expect(Math.abs(value - weight[i])).toBeLessThanOrEqual(2 ** -11 * Math.abs(weight[i]));
    });
    const bias = new Float32Array(64).fill(-70_000);
    const translators = lens.translators.map((one) => one && { ...one, bias });
    await expect(saveLens({ ...lens, translators }, model, "float16", app)).rejects.toThrow(
      "holds -7.00e+4, and float16 ends at 65,504. Save it as float32.",
    );
  });

  test("refuses a lens that lacks layers, which tuned-lens cannot open", async () => {
    const lenses = noLenses();
    const lens = lenses.named(await openLens(jacobian, model, lenses, anyFile));
    await expect(saveLens(lens, model, "folder", app)).rejects.toThrow("2 of 3 layers");
  });
});
