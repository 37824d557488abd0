import { LensMismatchError } from "../errors";
import { shownOnPage } from "../state/readingStore";
import { FileRows } from "./FileRows";
import { isAboutFiles } from "./fileWords";
import { focusPrompt } from "./focusPrompt";
import { OpenFilesButton } from "./OpenFilesButton";
import { remedyFor, remedyForRefusal } from "./remedy";
import { useFiles, useReading } from "./stores";

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

  const rows = useFiles((state) => state.rows);
  const wanted = useFiles((state) => state.wanted);
  const want = useFiles((state) => state.want);
  const forget = useFiles((state) => state.dismiss);

  const remedy = refusal ? remedyForRefusal(refusal) : error && remedyFor(error, backend);
  const isOfLink = wanted !== null && refusal instanceof LensMismatchError;
  const [fact, ...rest] = error?.message.split(/(?<=[.!?])\s+/) ?? [];
  const onRetry = () => {
    focusPrompt();
    void shownOnPage(retry());
  };
  const onDismiss = () => {
    dismiss();
    forget();
    focusPrompt();
  };
  const onKeep = () => {
    void want(null);
    onDismiss();
  };
  return (
    <div className="alert" role="alert">
      {error && (
        <>
          <div>
            <p>
              <b>{fact}</b> {rest.join(" ")}
            </p>
            {isAboutFiles(refusal, rows) && <FileRows rows={rows} sentence={error.message} />}
          </div>
          <div className="remedies">
            {remedy === "retry" && (
              <button type="button" className="secondary" onClick={onRetry}>
                Try again
              </button>
            )}
            {remedy === "openOthers" && (
              <OpenFilesButton
                className="secondary"
                name="Open other files…"
                onChosen={focusPrompt}
              />
            )}
            {isOfLink && (
              <button type="button" className="text" onClick={onKeep}>
                Keep this lens
              </button>
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
