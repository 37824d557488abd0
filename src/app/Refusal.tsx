import { shownOnPage } from "../state/readingStore";
import { focusPrompt } from "./focusPrompt";
import { OpenFilesButton } from "./OpenFilesButton";
import { remedyFor } from "./remedy";
import { useReading } from "./stores";

/** What went wrong, in the error's own sentence: the fact in bold, then the way out. */
export function Refusal() {
  const refusal = useReading((state) => state.refusal);
  const failure = useReading(({ progress }) =>
    progress.status === "failed" ? progress.error : null,
  );
  const error = refusal ?? failure;
  const backend = useReading((state) => state.backend);
  const retry = useReading((state) => state.retry);
  const dismiss = useReading((state) => state.dismiss);

  const remedy = error && remedyFor(error, backend);
  const [fact, ...rest] = error?.message.split(/(?<=[.!?])\s+/) ?? [];
  const onRetry = () => {
    focusPrompt();
    void shownOnPage(retry());
  };
  const onDismiss = () => {
    dismiss();
    focusPrompt();
  };
  return (
    <div className="alert" role="alert">
      {error && (
        <>
          <p>
            <b>{fact}</b> {rest.join(" ")}
          </p>
          <div className="remedies">
            {remedy === "retry" && failure && (
              <button type="button" className="secondary" onClick={onRetry}>
                Try again
              </button>
            )}
            {remedy === "openOthers" && (
              <OpenFilesButton className="secondary" name="Open other files…" />
            )}
            {remedy === "reload" && (
              <button type="button" className="secondary" onClick={() => location.reload()}>
                Reload the page
              </button>
            )}
            {remedy === "withoutGpu" && (
              <a className="secondary" href={`?backend=wasm${location.hash}`}>
                Read without the GPU
              </a>
            )}
            <button type="button" className="text" onClick={onDismiss}>
              Dismiss
            </button>
          </div>
        </>
      )}
    </div>
  );
}
