import { createContext, useContext } from "react";
import { useStore } from "zustand";

import { invariant } from "../errors";
import type { App } from "../lens/readingJson";
import type { Address } from "../state/address";
import type { EvaluationState } from "../state/evaluationState";
import type { EvaluationStore } from "../state/evaluationStore";
import type { FilesState } from "../state/filesState";
import type { FilesStore } from "../state/filesStore";
import type { ReadingState } from "../state/readingState";
import type { ReadingStore } from "../state/readingStore";
import type { ThemeState, ThemeStore } from "../state/themeStore";
import type { TrainingState } from "../state/trainingState";
import type { TrainingStore } from "../state/trainingStore";
import type { ViewState, ViewStore } from "../state/viewStore";

/** What the page is made with; it lives as long as the page. */
export type Page = {
  readonly reading: ReadingStore;
  readonly view: ViewStore;
  readonly files: FilesStore;
  readonly training: TrainingStore;
  readonly evaluation: EvaluationStore;
  readonly theme: ThemeStore;
  readonly address: Address;
  readonly app: App;
  /** The model that Read loads, and the bytes of it and its lens. */
  readonly offer: { readonly name: string; readonly sizeBytes: number };
};

export const PageContext = createContext<Page | null>(null);

export function usePage(): Page {
  const page = useContext(PageContext);
  invariant(page, "no PageContext above this component");
  return page;
}

/** A slice of what is read. */
export const useReading = <T>(select: (state: ReadingState) => T): T =>
  useStore(usePage().reading, select);

/** A slice of how it is looked at. */
export const useView = <T>(select: (state: ViewState) => T): T => useStore(usePage().view, select);

/** A slice of the files and lenses that were given. */
export const useFiles = <T>(select: (state: FilesState) => T): T =>
  useStore(usePage().files, select);

/** A slice of what is trained. */
export const useTraining = <T>(select: (state: TrainingState) => T): T =>
  useStore(usePage().training, select);

/** A slice of what lenses are held to. */
export const useEvaluation = <T>(select: (state: EvaluationState) => T): T =>
  useStore(usePage().evaluation, select);

/** A slice of the page's colours. */
export const useTheme = <T>(select: (state: ThemeState) => T): T =>
  useStore(usePage().theme, select);
