import { describe, expect, test, vi } from "vitest";

import shipped from "../../models/smollm2-135m-instruct/lens/receipt.json";
import { FormatError, LensMismatchError } from "../errors";
import { safetensorsBlob } from "../format/safetensorsWriter";
import { sha256OfBlobs } from "../math/sha256Blob";
import { anyFile, bytesOf, jacobian, lensOf, model, noLenses, tiny } from "./lensTesting";
import { openLens } from "./openLens";

vi.mock("../math/sha256Blob", { spy: true });

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

  test.each([
    ["no text", 1],
    ["no receipt", "{"],
    ["more than a megabyte", JSON.stringify(shipped) + " ".repeat(2 ** 20)],
  ])("a receipt in a file's metadata is none where it is %s", async (_, receipt) => {
    const bias = { shape: [64], values: new Float32Array(64) };
    const tensors = new Map([0, 1, 2].map((layer) => [`${layer}.bias`, bias]));
    const blob = safetensorsBlob(tensors, { receipt } as Record<string, string>);
    const found = { ...jacobian, parameters: { name: "b.safetensors", blob } };
    const lenses = noLenses();
    expect(lenses.named(await openLens(found, model, lenses, anyFile)).receipt).toBeNull();
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
