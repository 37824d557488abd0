import { useState } from "react";

import { createLayerChart, type LayerLine, type LineLook } from "../chart/layerChart";
import { inUnit, type UnitScale } from "../chart/lensUnit";
import { count } from "../chart/numbers";
import { createTransferMatrix } from "../chart/transferMatrix";
import type { Evaluation, LensEvaluation } from "../engine/trainingProtocol";
import {
  estimated,
  evaluated,
  evaluationSentence,
  hasIntervals,
  transferSentence,
} from "./evaluationWords";
import { shortened } from "./shortened";
import { useEvaluation, useTraining } from "./stores";
import { TwinScroller } from "./TwinScroller";
import { useChart } from "./useChart";
import { useColors } from "./useColors";

const nameOf = ({ kind, name }: LensEvaluation) => (kind === "logit" ? "logit lens" : name);

/** What an evaluation found: by layer as a chart and as tables, and one lens's layers on each other. */
export function EvaluationResults(props: { evaluation: Evaluation; unit: UnitScale }) {
  const { evaluation, unit } = props;
  const save = useEvaluation((state) => state.save);
  const saved = useEvaluation((state) => state.saved);
  return (
    <>
      <p className="aside">{evaluationSentence(evaluation)}</p>
      <figure className="train-chart">
        <figcaption>
          <b>KL(final ‖ lens) by layer, {unit.unit}</b>
          <span className="aside">
            √ scale{hasIntervals(evaluation) && " · bars are 95% intervals"}
          </span>
        </figcaption>
        <ByLayer {...props} />
      </figure>
      {evaluation.lenses.map((lens) => (
        <LensNumbers key={lens.name} lens={lens} unit={unit} />
      ))}
      {evaluation.transfer && (
        <Transfer transfer={evaluation.transfer} ofAll={evaluation.positions} unit={unit} />
      )}
      <div className="actions evaluation-files">
        <button type="button" className="text" onClick={() => save("csv")}>
          Save CSV
        </button>
        <button type="button" className="text" onClick={() => save("json")}>
          Save JSON
        </button>
      </div>
      <p className="aside" aria-live="polite">
        {saved}
      </p>
    </>
  );
}

const nothing = { mean: Number.NaN, low: Number.NaN, high: Number.NaN };

function ByLayer({ evaluation, unit }: { evaluation: Evaluation; unit: UnitScale }) {
  const trained = useTraining((state) => state.lens);
  const lookOf = ({ kind, name }: LensEvaluation): LineLook => {
    if (kind === "logit") return "logit";
    return name === trained ? "trained" : "other";
  };
  const layers = Array.from({ length: evaluation.model.nLayers }, (_, layer) => layer);
  const lines = evaluation.lenses.map((lens): LayerLine => {
    // A lens may have nothing for some layers.
    const kls = layers.map(
      (layer) => lens.rows.find(({ row }) => row === layer)?.klFromFinal ?? nothing,
    );
    return {
      name: shortened(nameOf(lens)),
      look: lookOf(lens),
      values: kls.map(({ mean }) => mean),
      intervals: kls,
    };
  });
  const chart = useChart(createLayerChart, {
    layers,
    nLayers: evaluation.model.nLayers,
    lines,
    unit,
    empty: "",
  });
  return <div className="chart chart-by-layer" ref={chart} />;
}

function LensNumbers({ lens, unit }: { lens: LensEvaluation; unit: UnitScale }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details className="numbers-twin" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Numbers of {lens.kind === "logit" ? "the logit lens" : lens.name}</summary>
      {isOpen && (
        <TwinScroller label={nameOf(lens)}>
          <table>
            <thead>
              <tr>
                <th scope="col">layer</th>
                {evaluated.map(({ key, name, isShare }) => (
                  <th scope="col" key={key}>
                    {name}
                    {!isShare && `, ${unit.unit}`}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {lens.rows.map((row) => (
                <tr key={row.row}>
                  <th scope="row">{row.row}</th>
                  {evaluated.map(({ key, isShare }) => {
                    const { mean, interval } = estimated(row[key], isShare, unit);
                    return (
                      <td key={key}>
                        {mean} {interval && <small>{interval}</small>}
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </TwinScroller>
      )}
    </details>
  );
}

type TransferOf = NonNullable<Evaluation["transfer"]>;

function Transfer(props: { transfer: TransferOf; ofAll: number; unit: UnitScale }) {
  const { transfer, ofAll, unit } = props;
  const { lens, klFromFinal, positions } = transfer;
  const note = transferSentence(ofAll, positions);
  const layers = klFromFinal.map((_, layer) => layer);
  const [isOpen, setOpen] = useState(false);
  const chart = useChart(createTransferMatrix, {
    values: klFromFinal,
    unit,
    colors: useColors(),
  });
  return (
    <figure className="train-chart">
      <figcaption>
        <b>Layer transfer of {lens}</b>
        <span className="aside">
          KL(final ‖ lens), {unit.unit} · {count(positions, "position")} · up: hidden state of layer
        </span>
      </figcaption>
      <div className="chart chart-transfer" ref={chart} />
      {note && <p className="aside transfer-note">{note}</p>}
      <details className="numbers-twin" onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>Numbers of the layer transfer</summary>
        {isOpen && (
          <TwinScroller label="Layer transfer">
            <table>
              <thead>
                <tr>
                  <th scope="col">hidden state, KL in {unit.unit}</th>
                  {layers.map((j) => (
                    <th scope="col" key={j}>
                      translator {j}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {layers.map((i) => (
                  <tr key={i}>
                    <th scope="row">layer {i}</th>
                    {layers.map((j) => (
                      <td key={j}>
                        {Number.isNaN(klFromFinal[i][j]) ? "none" : inUnit(klFromFinal[i][j], unit)}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </TwinScroller>
        )}
      </details>
    </figure>
  );
}
