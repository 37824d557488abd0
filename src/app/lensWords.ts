import { natsOrBits } from "../chart/numbers";
import type { OpenLensInfo } from "../engine/protocol";
import type { Unit } from "../lens/view";
import type { WantedLens } from "../state/filesState";
import type { LensComparison } from "../state/lensComparison";
import { fileSize, shownName } from "./fileWords";

/** `30 layers`, or `29 of 30 layers` where some are missing. */
export const layersOf = ({ nLayers }: Pick<OpenLensInfo, "nLayers">, all: number) =>
  `${nLayers === all ? "" : `${nLayers} of `}${all} ${all === 1 ? "layer" : "layers"}`;

/** A lens among others of its kind: `name · 30 layers · 39.9 MB`. */
export const lensOption = (lens: OpenLensInfo, nLayers: number) =>
  [shownName(lens.name), layersOf(lens, nLayers), fileSize(lens.sizeBytes)].join(" · ");

/** `KL 1.21 nats on average, the logit lens 12.4`; with … where a number is still to come. */
export function comparisonWords(comparison: LensComparison | null, unit: Unit): string {
  const said = (nats: number | undefined) => (nats === undefined ? "…" : natsOrBits(nats, unit));
  return `KL ${said(comparison?.lens)} ${unit} on average, the logit lens ${said(comparison?.logit)}`;
}

/** Where a lens that a link names can be fetched, and how much it is: `28.4 MB`, `huggingface.co`. */
export const remoteOf = ({ remote }: WantedLens) =>
  remote && { size: fileSize(remote.sizeBytes), host: new URL(remote.url).host };
