import type { LensError } from "../errors";

/** What went wrong, in the error's own sentence: the fact in bold, then the way out. */
export function TrainAlert(props: { error: LensError | null; onDismiss?: () => void }) {
  const { error, onDismiss } = props;
  const [fact, ...rest] = error?.message.split(/(?<=[.!?])\s+/) ?? [];
  return (
    <div className="train-alert" role="alert">
      {error && (
        <>
          <p>
            <b>{fact}</b> {rest.join(" ")}
          </p>
          {onDismiss && (
            <button type="button" className="text" onClick={onDismiss}>
              Dismiss
            </button>
          )}
        </>
      )}
    </div>
  );
}
