import type { ForwardChunk } from "../model/forwardContext";

/** The hidden states of a prompt that grows, wherever its lens reads them. */
export type HiddenStates<Hidden> = {
  /** `h_0 … h_L`, `[≥ positions, dModel]` each. */
  readonly states: readonly Hidden[];
  /** Makes place for so many positions; those that are there stay. */
  reserve(positions: number): void;
  write(chunk: ForwardChunk): void;
  dispose(): void;
};

/** How many positions to make place for: twice what there was, where growing is not enough. */
export const capacityFor = (positions: number, before: number, contextLength: number) =>
  positions <= before ? before : Math.min(contextLength, Math.max(positions, 2 * before));
