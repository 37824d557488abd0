import { FileRows } from "./FileRows";
import { isAboutFiles } from "./fileWords";
import { focusPrompt } from "./focusPrompt";
import { useFiles, useReading } from "./stores";
import { useRested } from "./useRested";

/** Most files are read before one could see that they are. */
const patienceMs = 300;

/** The files that were given last and what becomes of them; those of a refusal are listed with it. */
export function GivenFiles() {
  const rows = useFiles((state) => state.rows);
  const dismiss = useFiles((state) => state.dismiss);
  const refusal = useReading((state) => state.refusal);
  const source = useReading((state) => state.source);
  const isStarting =
    rows.length > 0 &&
    rows.every(({ status, loadedBytes }) => status === "reading" && loadedBytes === null);
  const isSlow = useRested(isStarting, patienceMs) === true;
  const isBusy = rows.some(({ status }) => status === "reading");
  const isFetching = isBusy && rows.some(({ loadedBytes }) => loadedBytes !== null);
  // The status line says where a reading is from.
  const isShown = rows.length === 1 && source.kind === "file" && source.name === rows[0].name;
  const isSilent = isShown || isAboutFiles(refusal, rows) || (isStarting && !isSlow);
  const onDismiss = () => {
    dismiss();
    focusPrompt();
  };
  return (
    <div className="given" aria-live={isFetching ? "off" : "polite"}>
      {rows.length > 0 && !isSilent && (
        <>
          <FileRows rows={rows} label="Files" />
          {!isBusy && (
            <div className="remedies">
              <button type="button" className="text" onClick={onDismiss}>
                Dismiss
              </button>
            </div>
          )}
        </>
      )}
    </div>
  );
}
