import { useId } from "react";

import { commas } from "../chart/numbers";
import type { Method, Start } from "../lens/trainingSettings";
import { isTextGiven } from "../state/trainingText";
import { NumberField } from "./NumberField";
import { startLensOf, startLensWords } from "./startLens";
import { useReading, useTraining } from "./stores";
import { duration } from "./trainWords";
import { useEstimate } from "./useEstimate";

const methods: readonly { value: Method; name: string }[] = [
  { value: "adam", name: "Adam" },
  { value: "muon", name: "Muon" },
  { value: "sgd", name: "SGD (the paper’s recipe)" },
  { value: "none", name: "None: the closed form alone" },
];

/** Where a training begins. */
export function TrainStart() {
  const start = useTraining((state) => state.settings.start);
  const startLens = useTraining((state) => state.settings.startLens);
  const method = useTraining((state) => state.settings.method);
  const setSettings = useTraining((state) => state.setSettings);
  const estimate = useEstimate();
  const lenses = useReading((state) => state.info?.lenses);
  const tuned = lenses?.filter(({ kind }) => kind === "tuned").map(({ name }) => name) ?? [];
  const wanted = startLensOf({ start, startLens }, tuned);
  const offered = wanted === null || tuned.includes(wanted) ? tuned : [...tuned, wanted];
  const id = useId();
  // Only the closed form is a lens before any step.
  const choose = (next: Start, lens: string | null = null) =>
    setSettings({
      start: next,
      startLens: lens,
      method: next !== "closedForm" && method === "none" ? "adam" : method,
    });
  const fit = estimate ? `, about ${duration(estimate.closedFormSeconds)}` : "";
  return (
    <div className="train-step">
      <span className="label" id={id}>
        Start
      </span>
      <div className="train-body choices" role="radiogroup" aria-labelledby={id}>
        <Choice
          name={id}
          isChosen={start === "closedForm"}
          label="Closed form"
          aside={`ridge regression${fit}`}
          onChoose={() => choose("closedForm")}
        />
        <Choice
          name={id}
          isChosen={start === "logit"}
          label="Logit lens"
          aside="no translation at first"
          onChoose={() => choose("logit")}
        />
        <Choice
          name={id}
          isChosen={start === "open"}
          label="Open lens"
          aside={startLensWords(wanted, tuned)}
          isDisabled={tuned.length === 0}
          onChoose={() => choose("open", wanted)}
        />
        {start === "open" && offered.length > 1 && (
          <select
            className="start-lens"
            aria-label="Lens to start from"
            value={wanted ?? undefined}
            onChange={(event) => choose("open", event.currentTarget.value)}
          >
            {offered.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        )}
      </div>
    </div>
  );
}

function Choice(props: {
  readonly name: string;
  readonly isChosen: boolean;
  readonly label: string;
  readonly aside: string;
  readonly isDisabled?: boolean;
  readonly onChoose: () => void;
}) {
  const { name, isChosen, label, aside, isDisabled, onChoose } = props;
  return (
    <label className={isDisabled ? "is-off" : undefined}>
      <input
        type="radio"
        name={name}
        checked={isChosen}
        disabled={isDisabled}
        onChange={onChoose}
      />
      <span>{label}</span>
      <small title={aside}>{aside}</small>
    </label>
  );
}

/** How it goes on from there, and for how long. */
export function TrainMethod() {
  const method = useTraining((state) => state.settings.method);
  const start = useTraining((state) => state.settings.start);
  const steps = useTraining((state) => state.settings.steps);
  const summary = useTraining(({ text, textStatus }) =>
    textStatus.status === "ready" && isTextGiven(text) ? textStatus.summary : null,
  );
  const positionsPerStep = useTraining((state) => state.settings.positionsPerStep);
  const setSettings = useTraining((state) => state.setSettings);
  const id = useId();
  const onePass = summary && Math.ceil(summary.trainPositions / positionsPerStep);
  const shown = methods.filter(({ value }) => value !== "none" || start === "closedForm");
  return (
    <div className="train-step">
      <label className="label" htmlFor={id}>
        Method
      </label>
      <div className="train-body pair">
        <select
          id={id}
          value={method}
          onChange={(event) => setSettings({ method: event.currentTarget.value as Method })}
        >
          {shown.map(({ value, name }) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </select>
        {method !== "none" && (
          <span className="with-unit">
            <NumberField
              id={`${id}steps`}
              value={steps}
              min={1}
              placeholder={onePass ? commas(onePass) : "one pass"}
              onChange={(next) => setSettings({ steps: next })}
            />
            <label htmlFor={`${id}steps`}>steps</label>
          </span>
        )}
      </div>
    </div>
  );
}
