import { shownOnPage } from "../state/readingStore";
import { focusPrompt } from "./focusPrompt";
import { machineOf, modelOf } from "./machineWords";
import { usePage, useReading } from "./stores";
import { TabList } from "./TabList";
import { ThemeButton } from "./ThemeButton";
import type { Tab } from "./tabs";
import { usePhone } from "./usePhone";

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
          <Machine tab={props.tab} />
        </div>
      )}
      <ThemeButton />
    </header>
  );
}

/** The foot of a phone's page, whose head has no room for the machine. */
export function Foot({ tab }: { tab: Tab }) {
  if (!usePhone()) return null;
  return (
    <footer className="foot">
      <Machine tab={tab} />
    </footer>
  );
}

function Machine({ tab }: { tab: Tab }) {
  const model = useReading((state) => modelOf(state, tab));
  const machine = useReading((state) => machineOf(state, tab));
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
