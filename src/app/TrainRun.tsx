import { shownOnPage } from "../state/readingStore";
import { isUnderWay } from "../state/trainingRun";
import { isTextGiven } from "../state/trainingText";
import { ActionButton } from "./ActionButton";
import { focusIds, focusOn } from "./focusOn";
import { ProgressBar } from "./ProgressBar";
import { loadSentence } from "./statusSentence";
import { useReading, useTraining } from "./stores";
import { TrainAlert } from "./TrainAlert";
import { shareTrained } from "./trainTitle";
import {
  anewSentence,
  estimateSentence,
  paceSentence,
  runSentence,
  savedRemedy,
  savedSentence,
} from "./trainWords";
import { useSpoken } from "./useSpoken";

/** Begins a training, and what one does with it while it goes on. */
export function TrainRun() {
  const run = useTraining((state) => state.run);
  const { train, pause, continueTraining, cancel } = useTrainingActions();
  const isText = useTraining(({ text }) => isTextGiven(text));
  const isBusy = isUnderWay(run);
  const isPaused = run.status === "paused";
  /** What becomes of it is said there. */
  const andSay = (act: () => Promise<void>) => () => {
    focusOn("trainingStatus");
    void shownOnPage(act());
  };
  return (
    <div className="train-step">
      <div className="train-body">
        <div className="actions">
          <ActionButton
            id={focusIds.train}
            look={run.status === "done" ? "secondary" : "primary"}
            isOff={isBusy || !isText}
            onPress={andSay(train)}
          >
            Train
          </ActionButton>
          <ActionButton
            isOff={run.status !== "running" && !isPaused}
            onPress={() => void shownOnPage(isPaused ? continueTraining() : pause())}
          >
            {isPaused ? "Continue" : "Pause"}
          </ActionButton>
          <ActionButton isOff={!isBusy || run.status === "cancelling"} onPress={andSay(cancel)}>
            Cancel
          </ActionButton>
        </div>
        {/* Under the buttons: it comes and goes, and they stay where they are. */}
        <Estimate />
        <Anew />
        <Status />
      </div>
    </div>
  );
}

const useTrainingActions = () => ({
  train: useTraining((state) => state.train),
  pause: useTraining((state) => state.pause),
  continueTraining: useTraining((state) => state.continueTraining),
  cancel: useTraining((state) => state.cancel),
});

/** What a training would take; while one is under way it says itself how long. */
function Estimate() {
  const estimate = useTraining((state) => (isUnderWay(state.run) ? null : state.estimate));
  return <p className="aside estimate">{estimate && estimateSentence(estimate)}</p>;
}

/** Said before Train is pressed: there is a place for one saved training. */
function Anew() {
  const saved = useTraining((state) => (isUnderWay(state.run) ? null : state.saved));
  return saved && <p className="aside">{anewSentence(saved)}</p>;
}

function Status() {
  const run = useTraining((state) => state.run);
  const receipt = useTraining((state) => state.receipt);
  const report = useTraining((state) => state.report);
  const notice = useTraining((state) => state.notice);
  const dismiss = useTraining((state) => state.dismiss);
  const load = useReading(({ progress }) =>
    progress.status === "loading" ? loadSentence(progress.load) : null,
  );
  const current = receipt || run.status === "starting" ? null : report; // not that of the run before
  const sentence = run.status === "starting" && load ? load : runSentence(run, current, receipt);
  const isMoving = run.status === "running" || run.status === "starting";
  const spoken = useSpoken(isMoving ? sentence : null);
  const onDismiss = () => {
    dismiss();
    focusOn("train");
  };
  return (
    <div className="run-status">
      <p
        role="status"
        tabIndex={-1}
        id={focusIds.trainingStatus}
        aria-live={isMoving ? "off" : "polite"}
      >
        {sentence}
        {!sentence && load}
      </p>
      <p className="spoken" aria-live="polite">
        {spoken}
      </p>
      {isUnderWay(run) && <ProgressBar label="Training" share={shareTrained(current)} />}
      {/* Not heard as it changes. */}
      <p className="aside">{paceSentence(run, current)}</p>
      <p className="aside" aria-live="polite">
        {run.status !== "done" && notice}
      </p>
      <TrainAlert error={run.status === "failed" ? run.error : null} onDismiss={onDismiss} />
    </div>
  );
}

/** A training that was cut off by a reload or a closed laptop, to go on with. */
export function SavedTraining() {
  const saved = useTraining((state) => (isUnderWay(state.run) ? null : state.saved));
  const resume = useTraining((state) => state.resume);
  const discard = useTraining((state) => state.discard);
  const model = useReading(({ info }) => info?.model ?? null);
  if (!saved) return null;
  const onResume = () => {
    focusOn("trainingStatus");
    void shownOnPage(resume());
  };
  const onDiscard = () => {
    focusOn("train");
    void shownOnPage(discard());
  };
  return (
    <section className="saved-run" aria-label="A training that was cut off">
      <p>
        {savedSentence(saved)} {savedRemedy(saved, model)}
      </p>
      <div className="actions">
        {saved.isOfModel && (
          <button type="button" className="secondary" onClick={onResume}>
            Go on
          </button>
        )}
        <button type="button" className="secondary" onClick={onDiscard}>
          Discard
        </button>
      </div>
    </section>
  );
}
