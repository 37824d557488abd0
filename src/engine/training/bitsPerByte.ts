import type { TextSummary } from "../trainingProtocol";

/**
 * What a mean over positions, in nats, is multiplied by for bits per byte of the held-out text. A
 * sequence's last position predicts nothing that is there, and its first token is predicted by none.
 */
export function bitsPerByte({
  heldOutPositions,
  heldOutBytes,
  sequenceLength,
}: Pick<TextSummary, "heldOutPositions" | "heldOutBytes" | "sequenceLength">): number {
  const sequences = heldOutPositions / sequenceLength;
  return (heldOutPositions - sequences) / Math.max(1, heldOutBytes) / Math.LN2;
}
