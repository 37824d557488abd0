import { count } from "../chart/numbers";
import type { ReadingState } from "../state/readingState";
import { shownOnPage } from "../state/readingStore";
import { focusPrompt } from "./focusPrompt";
import { usePage, useReading } from "./stores";
import { TabList } from "./TabList";
import { ThemeButton } from "./ThemeButton";
import type { Tab } from "./tabs";
import { usePhone } from "./usePhone";

/** `wasm, 2 threads`, `webgpu`, or what the page is at before it knows. */
export function machineOf({ info, progress, source, reading }: ReadingState): string {
  if (progress.status === "loading") return "loading";
  if (source.kind === "file") return "from a file";
  if (source.kind === "recorded" && reading) return "recorded";
  if (!info) return "not loaded";
  return info.backend === "wasm" ? `wasm, ${count(info.threads, "thread")}` : "webgpu";
}

/** The model whose reading is on screen. */
export const modelOf = ({ info, progress, reading }: ReadingState): string | null =>
  reading?.model.name ??
  (progress.status === "loading" ? progress.load?.name : null) ??
  info?.model.name ??
  null;

export function HeaderBar(props: { tab: Tab; onTab: (tab: Tab) => void }) {
  const isPhone = usePhone();
  return (
    <header className="bar">
      <h1 className="wordmark">
        <a href="./" aria-label="Midthought">
          Mid<b>thought</b>
        </a>
      </h1>
      <TabList {...props} />
      {!isPhone && (
        <div className="machine">
          <Machine />
        </div>
      )}
      <ThemeButton />
    </header>
  );
}

/** The foot of a phone's page, whose head has no room for the machine. */
export function Foot() {
  if (!usePhone()) return null;
  return (
    <footer className="foot">
      <Machine />
    </footer>
  );
}

function Machine() {
  const model = useReading(modelOf);
  const machine = useReading(machineOf);
  const adapter = useReading((state) => state.info?.adapter ?? undefined);
  return (
    <>
      <BackButton />
      <p title={adapter}>
        {model && (
          <bdi className="model" title={model}>
            {model}
          </bdi>
        )}
        <span className="backend">{machine}</span>
      </p>
    </>
  );
}

/** From a model of the visitor's to the page's own. */
function BackButton() {
  const { files, offer } = usePage();
  const isOther = useReading(
    ({ info, progress }) => info?.isBundled === false && progress.status !== "loading",
  );
  if (!isOther) return null;
  const onBack = () => {
    focusPrompt();
    void shownOnPage(files.getState().openBundled());
  };
  return (
    <button type="button" className="text back" onClick={onBack}>
      Back to {offer.name}
    </button>
  );
}
