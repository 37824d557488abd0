import { useState } from "react";

import { createLayerChart, type LayerLine } from "../chart/layerChart";
import { inUnit, type LensUnit, lensUnits, type UnitScale } from "../chart/lensUnit";
import { count } from "../chart/numbers";
import { createTrainingByTime } from "../chart/trainingByTime";
import type { TrainingReport } from "../engine/trainingProtocol";
import type { TrainingSettings } from "../lens/trainingSettings";
import { Segments } from "./Segments";
import { useReading, useTraining } from "./stores";
import { TwinScroller } from "./TwinScroller";
import { curveName, layerLines, logitWords, timeCurves, timeTable } from "./trainCurves";
import { useChart } from "./useChart";

/** Of SmolLM2, whose axes stand there before anything was trained. */
const usualLayers = 30;

/** Held-out KL by layer and by time, as the lens is trained. */
export function TrainCharts(props: { unit: UnitScale; onUnit: (unit: LensUnit) => void }) {
  const { unit, onUnit } = props;
  const settings = useTraining((state) => state.runSettings);
  // What was measured last: steps between two measurements redraw nothing.
  const report = useTraining((state) => state.history.at(-1) ?? null);
  const nLayers = useReading((state) => state.info?.model.nLayers ?? usualLayers);
  const lines = report && settings ? layerLines(report, settings) : [];
  const ofPositions = report && count(report.heldOutPositions, "position");
  const layers = report?.layers ?? [];
  const all = Math.max(nLayers, (layers.at(-1) ?? 0) + 1);
  return (
    <>
      <figure className="train-chart">
        <figcaption>
          <b>Held-out KL(final ‖ lens) by layer, {unit.unit}</b>
          <span className="aside">√ scale{ofPositions && ` · ${ofPositions}`}</span>
          <Segments
            label="Unit"
            options={lensUnits.map((value) => ({ value, name: value }))}
            value={unit.unit}
            onChange={onUnit}
          />
        </figcaption>
        <ByLayer layers={layers} nLayers={all} lines={lines} unit={unit} />
        {report && (
          <Numbers
            name="Numbers by layer"
            caption={`Held-out KL(final ‖ lens) by layer, ${unit.unit}`}
            table={() => ({
              columns: ["layer", ...lines.map(({ name }) => name)],
              rows: layers.map((layer, i) => [
                String(layer),
                ...lines.map(({ values }) => inUnit(values[i], unit)),
              ]),
            })}
          />
        )}
      </figure>
      <ByTime settings={settings} report={report} unit={unit} />
    </>
  );
}

function ByLayer(props: {
  readonly layers: readonly number[];
  readonly nLayers: number;
  readonly lines: readonly LayerLine[];
  readonly unit: UnitScale;
}) {
  const chart = useChart(createLayerChart, {
    ...props,
    empty: "Each layer’s KL is drawn here while the lens is trained.",
  });
  return <div className="chart chart-by-layer" ref={chart} />;
}

type Table = {
  readonly columns: readonly string[];
  /** The first cell of each names it. */
  readonly rows: readonly (readonly string[])[];
};

/** A chart's twin, made when it is wanted. */
function Numbers(props: {
  readonly name: string;
  readonly caption: string;
  readonly table: () => Table;
}) {
  const { name, caption, table } = props;
  const [isOpen, setOpen] = useState(false);
  return (
    <details className="numbers-twin" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{name}</summary>
      {isOpen && (
        <TwinScroller label={name}>
          <TableOf caption={caption} {...table()} />
        </TwinScroller>
      )}
    </details>
  );
}

function TableOf({ caption, columns, rows }: Table & { readonly caption: string }) {
  return (
    <table>
      <caption className="spoken">{caption}</caption>
      <thead>
        <tr>
          {columns.map((column) => (
            <th scope="col" key={column}>
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(([head, ...cells]) => (
          <tr key={`${head} ${cells}`}>
            <th scope="row">{head}</th>
            {cells.map((cell, i) => (
              <td key={columns[i + 1]}>{cell}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function ByTime(props: {
  readonly settings: TrainingSettings | null;
  readonly report: TrainingReport | null;
  readonly unit: UnitScale;
}) {
  const { settings, report, unit } = props;
  const history = useTraining((state) => state.history);
  const chart = useChart(createTrainingByTime, {
    ...timeCurves(history, settings),
    method: settings ? curveName(settings) : "",
    totalSeconds: report ? report.seconds + (report.secondsLeft ?? 0) : 150,
    unit,
  });
  const logit = logitWords(history, unit);
  return (
    <figure className="train-chart">
      <figcaption>
        <b>Mean over layers, by time, {unit.unit}</b>
        {logit && <span className="aside">{logit}</span>}
      </figcaption>
      <div className="chart chart-by-time" ref={chart} />
      {settings && history.length > 0 && (
        <Numbers
          name="Numbers by time"
          caption={`Mean held-out KL(final ‖ lens) over layers, by time, ${unit.unit}`}
          table={() => timeTable(history, settings, unit)}
        />
      )}
    </figure>
  );
}
