import { useId } from "react";

import type { UnitScale } from "../chart/lensUnit";
import { shownOnPage } from "../state/readingStore";
import { ActionButton } from "./ActionButton";
import { EvaluationResults } from "./EvaluationResults";
import { evaluatingSentence } from "./evaluationWords";
import { focusIds, focusOn } from "./focusOn";
import { NumberField } from "./NumberField";
import { ProgressBar } from "./ProgressBar";
import { loadSentence } from "./statusSentence";
import { useEvaluation, useReading } from "./stores";
import { TrainAlert } from "./TrainAlert";
import { useSpoken } from "./useSpoken";

/** Open lenses, held to the form's text. */
export function EvaluateSection({ unit }: { unit: UnitScale }) {
  const evaluation = useEvaluation((state) => state.evaluation);
  const id = useId();
  return (
    <section className="evaluate" aria-labelledby={id}>
      <h2 id={id}>Evaluate</h2>
      <p className="aside">
        Open lenses on the text that is held out: how far each layer is from the model’s own answer.
      </p>
      <Request />
      <Progress />
      {evaluation && <EvaluationResults evaluation={evaluation} unit={unit} />}
    </section>
  );
}

function Request() {
  const { lenses, positions, transferOf } = useEvaluation((state) => state.request);
  const setRequest = useEvaluation((state) => state.setRequest);
  const evaluate = useEvaluation((state) => state.evaluate);
  const cancel = useEvaluation((state) => state.cancel);
  const status = useEvaluation((state) => state.progress.status);
  const open = useReading((state) => state.info?.lenses);
  const id = useId();
  const isBusy = status === "starting" || status === "running" || status === "cancelling";
  const onCancel = () => {
    focusOn("evaluate");
    cancel();
  };
  const choose = (name: string, isChosen: boolean) =>
    setRequest({
      lenses: isChosen ? [...lenses, name] : lenses.filter((other) => other !== name),
    });
  return (
    <div className="evaluate-request">
      <fieldset>
        <legend className="label">Lenses</legend>
        <label className="check">
          <input type="checkbox" checked disabled />
          <span>logit lens</span>
        </label>
        {open?.map(({ name }) => (
          <label className="check" key={name}>
            <input
              type="checkbox"
              checked={lenses.includes(name)}
              onChange={(event) => choose(name, event.currentTarget.checked)}
            />
            <span>{name}</span>
          </label>
        ))}
      </fieldset>
      <div className="field">
        <label className="label" htmlFor={`${id}positions`}>
          Held-out positions
        </label>
        <NumberField
          id={`${id}positions`}
          value={positions}
          placeholder="all"
          min={1}
          onChange={(next) => setRequest({ positions: next })}
        />
      </div>
      <div className="field">
        <label className="label" htmlFor={`${id}transfer`}>
          Layer transfer
        </label>
        <select
          id={`${id}transfer`}
          value={transferOf ?? ""}
          onChange={(event) => setRequest({ transferOf: event.currentTarget.value || null })}
        >
          <option value="">none</option>
          {open?.map(({ name }) => (
            <option key={name} value={name}>
              of {name}
            </option>
          ))}
        </select>
      </div>
      <div className="actions">
        <ActionButton
          id={focusIds.evaluate}
          isOff={isBusy}
          onPress={() => void shownOnPage(evaluate())}
        >
          Evaluate
        </ActionButton>
        {isBusy && (
          <ActionButton isOff={status === "cancelling"} onPress={onCancel}>
            Cancel
          </ActionButton>
        )}
      </div>
    </div>
  );
}

function Progress() {
  const progress = useEvaluation((state) => state.progress);
  const notice = useEvaluation((state) => state.notice);
  const dismiss = useEvaluation((state) => state.dismiss);
  const load = useReading((state) =>
    state.progress.status === "loading" ? loadSentence(state.progress.load) : null,
  );
  const sentence =
    progress.status === "running"
      ? evaluatingSentence(progress.done, progress.all)
      : progress.status === "starting"
        ? (load ?? "The text is prepared.")
        : progress.status === "cancelling"
          ? "Ending."
          : null;
  const spoken = useSpoken(sentence);
  const isRunning = progress.status === "running";
  const onDismiss = () => {
    dismiss();
    focusOn("evaluate");
  };
  return (
    <>
      {sentence && (
        <div className="run-status">
          <p>{sentence}</p>
          <ProgressBar
            label="Evaluating"
            share={isRunning ? progress.done / Math.max(1, progress.all) : null}
          />
        </div>
      )}
      <p className="spoken" aria-live="polite">
        {spoken}
      </p>
      <p className="aside" aria-live="polite">
        {notice}
      </p>
      <TrainAlert
        error={progress.status === "failed" ? progress.error : null}
        onDismiss={onDismiss}
      />
    </>
  );
}
