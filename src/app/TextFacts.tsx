import { count } from "../chart/numbers";
import { shownOnPage } from "../state/readingStore";
import { isTextGiven } from "../state/trainingText";
import { focusIds, focusOn } from "./focusOn";
import { ProgressBar } from "./ProgressBar";
import { cancelTextName, sampleSentence } from "./sampleWords";
import { loadSentence, shareDone } from "./statusSentence";
import { useEvaluation, usePage, useReading, useTraining } from "./stores";
import { TrainAlert } from "./TrainAlert";
import { textProgressSentence, textSentence } from "./trainWords";
import { useSpoken } from "./useSpoken";
import { useTimeLeft } from "./useTimeLeft";

/** How much text it is, how far the model is with it, or why it cannot be trained on. */
export function TextFacts() {
  const { offer } = usePage();
  const text = useTraining((state) => state.text);
  const status = useTraining((state) => state.textStatus);
  const prepare = useTraining((state) => state.prepare);
  const cancelText = useTraining((state) => state.cancelText);
  const cancelTraining = useTraining((state) => state.cancel);
  const dismiss = useTraining((state) => state.dismiss);
  const run = useTraining((state) => state.run);
  const evaluation = useEvaluation((state) => state.progress);
  const isLoaded = useReading((state) => state.info !== null);
  const canWrite = useReading((state) => state.info?.hasTokenizer !== false);
  const contextLength = useReading((state) => state.info?.contextLength ?? null);
  const loading = useReading(({ progress }) => (progress.status === "loading" ? progress : null));
  const failure = status.status === "failed" ? status.error : null;
  const isSaidThere = [run, evaluation].some(
    (one) => one.status === "failed" && one.error === failure,
  );
  const isPreparing = status.status === "preparing";
  const progress = isPreparing ? status.progress : null;
  const secondsLeft = useTimeLeft(progress);
  const isSample = text.choice === "sample";
  const isToBeSampled = isSample && (status.status === "idle" || isPreparing) && canWrite;
  const sentence = !isPreparing
    ? null
    : loading
      ? loadSentence(loading.load)
      : textProgressSentence(progress, isSample, secondsLeft);
  const spoken = useSpoken(sentence);
  const isGiven = isTextGiven(text);
  const mayAsk = status.status === "idle" && isGiven && run.status !== "starting" && !loading;
  const onAsk = () => {
    focusOn("textStatus");
    void shownOnPage(prepare());
  };
  const onCancel = () => {
    focusOn("textStatus");
    // A training that waits for the text ends with it.
    if (run.status === "starting") void shownOnPage(cancelTraining());
    else cancelText();
  };
  const onDismiss = () => {
    dismiss();
    focusOn("textStatus");
  };
  return (
    <>
      <p className="aside" tabIndex={-1} id={focusIds.textStatus} aria-live="polite">
        {/* A run that goes on has a text that is not the form's. */}
        {status.status === "ready" && isGiven && textSentence(status.summary)}
        {isToBeSampled && sampleSentence(text.sample, text.options, contextLength)}
        {mayAsk && text.choice === "paste" && `${count(text.pastedLength, "character")}. `}
      </p>
      {isPreparing && (
        <div className="text-progress">
          <p>{sentence}</p>
          <ProgressBar
            label={isSample ? "Sampling" : "Reading the text"}
            share={
              loading
                ? shareDone(loading, null)
                : progress && progress.done / Math.max(1, progress.all)
            }
          />
          <button type="button" className="text" onClick={onCancel}>
            {cancelTextName(isSample)}
          </button>
        </div>
      )}
      {mayAsk && (
        <p className="aside ask">
          <button type="button" className="text" onClick={onAsk}>
            {isSample ? "Sample now" : "Count positions"}
          </button>{" "}
          {!isLoaded && `loads ${offer.name}, ${Math.round(offer.sizeBytes / 1e6)} MB, once`}
        </p>
      )}
      <p className="spoken" aria-live="polite">
        {spoken}
      </p>
      <TrainAlert error={isSaidThere ? null : failure} onDismiss={onDismiss} />
    </>
  );
}
