import { describe, expect, test } from "vitest";

import shipped from "../../models/smollm2-135m-instruct/lens/receipt.json";
import { openTensors } from "../format/openTensors";
import { openZip } from "../format/zip";
import { sha256OfBlobs } from "../math/sha256Blob";
import { inspectFiles } from "./inspectFiles";
import { anyFile, app, jacobian, model, noLenses, tiny } from "./lensTesting";
import { modelUnembedHash } from "./modelUnembedHash";
import { openLens } from "./openLens";
import type { FoundLens } from "./protocol";
import { saveLens } from "./saveLens";
import type { TrainingReceipt } from "./trainingProtocol";

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

  test.each(["safetensors", "float16"] as const)(
    "saves a %s whose receipt opens with it, as the file's word, and the same bytes again",
    async (format) => {
      const lenses = noLenses();
      const lens = lenses.named(await openLens(tiny, model, lenses, anyFile));
      const training = shipped.training as TrainingReceipt;
      const trained = { ...lens, receipt: { training, isGiven: false } };
      const blob = await saveLens(trained, model, format, app);
      const found = { ...jacobian, parameters: { name: "mine.safetensors", blob } };
      const opened = lenses.named(await openLens(found, model, lenses, anyFile));
      expect(opened.receipt).toEqual({ training, isGiven: true });
      const again = await saveLens(opened, model, format, app);
      expect(await sha256OfBlobs([again])).toBe(opened.info.sha256);
    },
  );

  test("saves a safetensors file with no receipt where none is known", async () => {
    const lenses = noLenses();
    const lens = lenses.named(await openLens(tiny, model, lenses, anyFile));
    const { metadata } = await openTensors(
      await saveLens(lens, model, "safetensors", app),
      "safetensors",
      2 ** 20,
    );
    expect([...metadata.keys()]).toEqual(["base_model", "lens_type", "made_with", "model_sha256"]);
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
