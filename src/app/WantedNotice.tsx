import { lensKindName } from "../lens/lensKind";
import { shownOnPage } from "../state/readingStore";
import { focusPrompt } from "./focusPrompt";
import { remoteOf } from "./lensWords";
import { useFiles, useReading } from "./stores";

/** The lens that a link reads with, where it is not open: nothing is fetched until the visitor says so. */
export function WantedNotice() {
  const wanted = useFiles((state) => state.wanted);
  const want = useFiles((state) => state.want);
  const fetchWanted = useFiles((state) => state.fetchWanted);
  const isBusy = useFiles(({ rows }) => rows.some(({ status }) => status === "reading"));
  const inUse = useReading((state) => lensKindName[state.lens]);
  // A refusal of another file than the link's says all of this itself.
  const isSaid = useReading(
    ({ refusal }) => wanted !== null && refusal?.message.includes(wanted.sha256),
  );
  const remote = wanted && remoteOf(wanted);
  const onKeep = () => {
    void want(null);
    focusPrompt();
  };
  const onFetch = () => {
    focusPrompt();
    void shownOnPage(fetchWanted());
  };
  return (
    <div className="wanted" aria-live="polite">
      {wanted && !isSaid && (
        <section aria-label="Lens of this link">
          <p>
            <b>
              This link reads with the lens <bdi>{wanted.name}</bdi> ({lensKindName[wanted.kind]},
              sha256 {wanted.sha256.slice(0, 12)}…)
              {remote && `, ${remote.size} at ${remote.host}`}.
            </b>{" "}
            Open that file to read with it, or keep the {inUse} lens that is here.
          </p>
          <div className="remedies">
            {remote && (
              <button type="button" className="secondary" disabled={isBusy} onClick={onFetch}>
                Fetch {remote.size} from {remote.host}
              </button>
            )}
            <button type="button" className={remote ? "text" : "secondary"} onClick={onKeep}>
              Keep this lens
            </button>
          </div>
        </section>
      )}
    </div>
  );
}
