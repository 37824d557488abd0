import type { Row, RowStatistics } from "../lens/backend";

/** Arrays for one row of a reading, to be filled in. */
export const emptyStatistics = (
  row: Row,
  start: number,
  positions: number,
  k: number,
): RowStatistics => ({
  row,
  start,
  entropy: new Float32Array(positions),
  klFromFinal: new Float32Array(positions),
  maxProb: new Float32Array(positions),
  crossEntropy: new Float32Array(positions),
  rank: new Float32Array(positions),
  finalTopLogProb: new Float32Array(positions),
  topIds: new Int32Array(positions * k),
  topLogProbs: new Float32Array(positions * k),
  topFinalLogProbs: new Float32Array(positions * k),
});
