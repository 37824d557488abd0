import { TrainingError } from "../../errors";
import type { TrainingSettings } from "../../lens/trainingSettings";
import type { Session } from "../session";
import type { TrainingReceipt } from "../trainingProtocol";
import { otherSplitNotice } from "./otherSplit";
import type { PreparedText } from "./preparedText";
import type { Run } from "./runState";
import { ratesOf } from "./steps";

/**
 * The run that settings ask for, of the model and the lenses that are open.
 *
 * @param name of the lens
 * @throws TrainingError if the lens to start from is not open, or no layer is trained
 */
export function runOf(
  { model, lenses }: Pick<Session, "model" | "lenses">,
  text: PreparedText,
  settings: TrainingSettings,
  name: string,
): Run {
  const { nLayers } = model.config;
  const all = Array.from({ length: nLayers }, (_, layer) => layer);
  const layers = all.filter((layer) => settings.layers?.includes(layer) ?? true);
  if (layers.length === 0 || settings.layers?.some((layer) => !all.includes(layer))) {
    throw new TrainingError(`Layers are 0 to ${nLayers - 1}, and at least one is trained.`);
  }
  let start: TrainingReceipt["start"] = { kind: settings.start, name: null, sha256: null };
  let startTranslators: Run["startTranslators"] = Array(nLayers).fill(null);
  let notice: string | null = null;
  if (settings.start === "open") {
    const lens = lenses.all().find(({ info }) => info.name === settings.startLens);
    if (!lens) {
      throw new TrainingError(
        `The lens to start from, ${settings.startLens}, is not open. Open it, or choose another start.`,
      );
    }
    start = { kind: "open", name: lens.info.name, sha256: lens.info.sha256 };
    startTranslators = lens.translators;
    notice = otherSplitNotice([lens], text.summary);
  }
  return {
    ...{ model: model.info, text, settings, rates: ratesOf(settings), name, layers },
    ...{ start, startTranslators, notice },
  };
}

/** The model as Hugging Face names it; null where no lens that came with it says so. */
export const baseModelOf = ({ lenses }: Pick<Session, "lenses">) =>
  lenses.all().find(({ info }) => info.isBundled)?.baseModel ?? null;
