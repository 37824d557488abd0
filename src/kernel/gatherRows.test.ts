import { expect, test } from "vitest";

import { createTensor } from "../gpu/tensor";
import { normals } from "../math/random";
import { gatherRows } from "./gatherRows";
import { gatherRowsCpu } from "./gatherRows.cpu";
import { onGpu, randomUnembed } from "./testing";
import { tileTokens, uploadUnembedding } from "./unembedding";

const vocab = 400;
const ids = Int32Array.of(0, 399, -1, 127, 128, 129, 255, 256, 7);
const added = normals(ids.length, 1, 1);

// Copies are exact, and one addition of float32 rounds alike everywhere. 130 inputs are more than
// the 64 lanes take at once in fours; ranges of two tiles split W_U in two.
test.each([
  { dModel: 3, rangeTiles: 4, from: 0 },
  { dModel: 16, rangeTiles: 2, from: 0 },
  { dModel: 300, rangeTiles: 1, from: 2 },
])(
  "gatherRows() is the cpu's: dModel $dModel, $rangeTiles tiles a range, from $from",
  async ({ dModel, rangeTiles, from }) => {
    const unembed = randomUnembed(vocab, dModel);
    const count = ids.length - from;
    const width = 16 * Math.ceil(dModel / 16);
    const [bytes, biasBytes] = await onGpu((device, encoder, put) => {
      const uploaded = uploadUnembedding(device, unembed, rangeTiles * 4 * tileTokens * width);
      const rows = put([1, count, width], new Float32Array(count * width).fill(9));
      const biases = createTensor(device, [1, count], "biases");
      const tokens = { ids: put([ids.length], ids), added: put([ids.length], added) };
      gatherRows(device, encoder, uploaded, tokens, { rows, biases }, from);
      return [rows, biases];
    });
    const cpu = gatherRowsCpu(unembed, ids.subarray(from), added.subarray(from));
    const rows = new Float32Array(bytes);
    expect([...new Float32Array(biasBytes)]).toEqual([...cpu.biases]);
    for (let row = 0; row < count; ++row) {
      const padded = new Float32Array(width);
      padded.set(cpu.rows.subarray(row * dModel, (row + 1) * dModel));
      expect(rows.subarray(row * width, (row + 1) * width)).toEqual(padded);
    }
  },
);

test("gatherRows() refuses more rows than there are ids", async () => {
  const wrong = onGpu((device, encoder, put) => {
    const uploaded = uploadUnembedding(device, randomUnembed(vocab, 16));
    const rows = createTensor(device, [1, 3, 16], "rows");
    const biases = createTensor(device, [1, 3], "biases");
    const tokens = { ids: put([2], Int32Array.of(1, 2)), added: put([2], new Float32Array(2)) };
    gatherRows(device, encoder, uploaded, tokens, { rows, biases });
    return [rows];
  });
  await expect(wrong).rejects.toThrow("gatherRows: ids has shape [2], expected [≥ 3]");
});
