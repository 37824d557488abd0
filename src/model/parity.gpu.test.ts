import { describe, expect, test } from "vitest";

import { openSafetensors } from "../format/safetensors";
import { configFromJson } from "./config";
import { createForward } from "./forward";
import { createWasmLens } from "./lensWasm";
import { readUnembed } from "./model";
import { openRuntime } from "./runtime";
import { weightsFromSafetensors } from "./weights";
import { readTunedLens } from "../lens/tunedLens";
import { accumulate, allRows } from "../lens/accumulate";

const files = import.meta.glob("../engine/fixtures/tiny-*/**/*.{safetensors,json}", { query: "?url", import: "default", eager: true }) as Record<string,string>;
const bytes = async (path: string) => new Uint8Array(await (await fetch(files[`../engine/fixtures/${path}`])).arrayBuffer());

const runtime = await openRuntime(null);

describe.each(["tiny-llama", "tiny-gpt2", "tiny-gpt_neox"])("%s", async (name) => {
  const config = configFromJson(JSON.parse(new TextDecoder().decode(await bytes(`${name}/config.json`))), name);
  const weights = weightsFromSafetensors(openSafetensors(await bytes(`${name}/model.safetensors`)), config.family);
  const goldens = openSafetensors(await bytes(`${name}/goldens.safetensors`));
  const forward = await createForward(runtime, config, weights);
  const info = { name, family: config.family, nLayers: config.nLayers, dModel: config.dModel, vocab: config.vocab, sha256: "" };
  const model = { info, config, weights, tokenizer: null as never };
  const unembed = readUnembed(model);
  const { dModel } = config;
  const lens = await createWasmLens(runtime, unembed, (id) => unembed.unembedding.subarray(id * dModel, (id + 1) * dModel));
  const translators = readTunedLens(openSafetensors(await bytes(`${name}/lens/params.safetensors`)), config.nLayers ? info : info);

  describe.each(["one", "seven", "repeats"])("%s", (prompt) => {
    const ids = [...goldens.readInt32(`${prompt}.ids`)];
    const golden = goldens.read(`${prompt}.hidden`);
    const hiddenOf = async () => {
      const hidden: Float32Array[] = Array.from({ length: config.nLayers + 1 }, () => new Float32Array(ids.length * dModel));
      for await (const chunk of forward.run(ids)) {
        hidden[0].set(chunk.embeddings, chunk.start * dModel);
        chunk.hidden.forEach((h, l) => hidden[l + 1].set(h.data as Float32Array, chunk.start * dModel));
      }
      return hidden;
    };
    test("hidden", async () => {
      const hidden = await hiddenOf();
      let worst = 0;
      hidden.forEach((h, l) => {
        let e = 0, n = 0;
        h.forEach((x, i) => { const g = golden[l * h.length + i]; e += (x - g) ** 2; n += g * g; });
        worst = Math.max(worst, Math.sqrt(e / n));
      });
      console.log(name, prompt, "hidden relative", worst);
      expect(worst).toBeLessThan(1e-4);
    });
    test.each(["logit", "tuned"])("%s", async (kind) => {
      const L = config.nLayers, T = ids.length;
      const hidden = Array.from({ length: L + 1 }, (_, l) => golden.slice(l * T * dModel, (l + 1) * T * dModel));
      const acc = accumulate({ backend: "wasm", model: info, lens: { kind: "logit", name: "", sha256: null }, prompt: null, tokens: ids.map((id) => ({ id, text: "" })), targets: [], rows: allRows(L) }, 10, String);
      for await (const block of lens.read({ hidden, positions: T, layers: [...Array(L).keys()].reverse(), k: 10, targets: Int32Array.from(ids, (_, i) => ids[i + 1] ?? -1), translators: kind === "tuned" ? translators : translators.map(() => null) })) acc.add(block);
      const r = acc.reading();
      expect(r.progress.done).toBe(r.progress.all);
      const G = (n: string) => goldens.read(`${prompt}.${kind}.${n}`);
      const diff = (a: ArrayLike<number>, b: ArrayLike<number>) => { let w = 0; for (let i = 0; i < a.length; i++) w = Math.max(w, Math.abs(a[i] - b[i])); return w; };
      const short = (a: Float32Array) => a.filter((_, i) => i % T !== T - 1);
      const out: Record<string, number> = {
        entropy: diff(r.statistics.entropy, G("entropy")), kl: diff(r.statistics.klFromFinal, G("kl_from_final")), maxProb: diff(r.statistics.maxProb, G("max_prob")),
        tops: diff(r.topK.logProbs, G("top_log_probs")),
      };
      if (T > 1) { out.ce = diff(short(r.statistics.crossEntropy), G("cross_entropy")); const rk = goldens.readInt32(`${prompt}.${kind}.rank`); out.rank = diff(short(r.statistics.rank), rk); }
      console.log(name, prompt, kind, JSON.stringify(out));
      for (const [k, v] of Object.entries(out)) expect(v, k).toBeLessThan(1e-3);
    });
  });
});
