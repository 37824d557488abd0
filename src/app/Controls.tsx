import { useId } from "react";

import { statisticScale } from "../chart/statisticScale";
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

const lenses: readonly { value: LensKind; name: string }[] = [
  { value: "logit", name: "Logit" },
  { value: "tuned", name: "Tuned" },
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
  const vocab = useReading((state) => state.reading?.model.vocab ?? 2);
  const { statistic, unit, stride } = useView((state) => state.view);
  const look = useView((state) => state.look);
  const { hasUnit } = statisticScale(statistic, vocab);
  const id = useId();
  return (
    <div className="controls">
      <Segments
        label="Lens"
        options={lenses}
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
