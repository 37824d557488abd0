import { createContext, useContext } from "react";
import { useStore } from "zustand";

import { invariant } from "../errors";
import type { ReadingState, ReadingStore } from "../state/readingStore";

export const ReadingContext = createContext<ReadingStore | null>(null);

/** The slice of the page's store that a component draws. */
export function useReading<T>(select: (state: ReadingState) => T): T {
  const store = useContext(ReadingContext);
  invariant(store, "no ReadingContext above this component");
  return useStore(store, select);
}
