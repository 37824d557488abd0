import { useId } from "react";

import { statisticScale } from "../chart/statisticScale";
import { lensKindName } from "../lens/lensKind";
import {
  type ShownStatistic,
  type Stride,
  shownStatistics,
  strides,
  type Unit,
  units,
} from "../lens/view";
import type { LensKind } from "../state/readingState";
import { shownOnPage } from "../state/readingStore";
import { Segments } from "./Segments";
import { useReading, useView } from "./stores";

const kinds: readonly { value: LensKind; name: string }[] = [
  { value: "logit", name: "Logit" },
  { value: "tuned", name: "Tuned" },
  { value: "jacobian", name: "Jacobian" },
];
const strideNames: Readonly<Record<Stride, string>> = {
  1: "all",
  2: "every 2nd",
  4: "every 4th",
};

/** What of a reading is shown: which lens, which number, in which unit, which layers. */
export function Controls() {
  const lens = useReading((state) => state.lens);
  const choose = useReading((state) => state.choose);
  const info = useReading((state) => state.info);
  const vocab = useReading((state) => state.reading?.model.vocab ?? 2);
  const { statistic, unit, stride } = useView((state) => state.view);
  const look = useView((state) => state.look);
  const { hasUnit } = statisticScale(statistic, vocab);
  const id = useId();
  // The page's own model comes with a tuned lens.
  const isMissing = (kind: LensKind) =>
    info
      ? kind !== "logit" && info.lenses.every((open) => open.kind !== kind)
      : kind === "jacobian";
  const options = kinds.map(({ value, name }) => ({
    value,
    name,
    missing: isMissing(value) ? `No ${lensKindName[value]} lens is open` : null,
  }));
  return (
    <div className="controls" id="controls">
      <Segments
        label="Lens"
        options={options}
        value={lens}
        onChange={(kind) => void shownOnPage(choose(kind))}
      />
      <div className="field">
        <label className="label" htmlFor={`${id}statistic`}>
          Statistic
        </label>
        <select
          id={`${id}statistic`}
          value={statistic}
          onChange={(event) => look({ statistic: event.currentTarget.value as ShownStatistic })}
        >
          {shownStatistics.map((name) => (
            <option key={name} value={name}>
              {statisticScale(name, vocab).name}
            </option>
          ))}
        </select>
      </div>
      <Segments
        label="Unit"
        options={units.map((value: Unit) => ({ value, name: value }))}
        value={unit}
        isDisabled={!hasUnit}
        onChange={(next) => look({ unit: next })}
      />
      <div className="field">
        <label className="label" htmlFor={`${id}layers`}>
          Layers
        </label>
        <select
          id={`${id}layers`}
          value={stride}
          onChange={(event) => look({ stride: Number(event.currentTarget.value) as Stride })}
        >
          {strides.map((every) => (
            <option key={every} value={every}>
              {strideNames[every]}
            </option>
          ))}
        </select>
      </div>
    </div>
  );
}
