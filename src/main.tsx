import { StrictMode, startTransition } from "react";
import { createRoot } from "react-dom/client";

import catalog from "../models/catalog.json";
import { version } from "../package.json";
import { App } from "./app/App";
import { type Page, PageContext } from "./app/stores";
import { connectEngine } from "./engine/client";
import { invariant } from "./errors";
import { createAddress, linkFrom, wantedFrom } from "./state/address";
import { backendFromSearch } from "./state/backendChoice";
import { createEvaluationStore } from "./state/evaluationStore";
import { createFilesStore } from "./state/filesStore";
import { createReadingStore, shownOnPage } from "./state/readingStore";
import { createMidthought, type Midthought } from "./state/scripting";
import { createThemeStore } from "./state/themeStore";
import { createTrainingScript } from "./state/trainingScript";
import { createTrainingStore } from "./state/trainingStore";
import { keepUnsavedLens } from "./state/unsavedLens";
import { createViewStore } from "./state/viewStore";
import "@fontsource-variable/ibm-plex-sans/wght.css";
import "./app/tokens.css";
import "./app/base.css";
import "./app/controls.css";
import "./app/page.css";
import "./app/figure.css";
import "./app/cellPanel.css";
import "./app/lensFiles.css";
import "./app/narrow.css";

declare global {
  interface Window {
    midthought: Midthought;
  }
}

const app = { name: "midthought", version };
const { backend, notice: backendNotice } = backendFromSearch(location.search);
const [model] = catalog.models;
const { link, notice: linkNotice } = linkFrom(location.hash, model.sha256);
const { prompt, lens, pin, statistic, unit, stride } = link;

const engine = connectEngine();
const reading = createReadingStore(engine, {
  prompt: typeof prompt === "string" ? prompt : "",
  ids: typeof prompt === "string" ? null : prompt,
  lens,
  backend,
});
const view = createViewStore({
  view: { statistic, unit, stride },
  pin,
  notice: [backendNotice, linkNotice].filter(Boolean).join(" ") || null,
});
reading.subscribe(({ reading }, before) => {
  if (reading && reading !== before.reading) view.getState().follow(reading);
});
const files = createFilesStore(engine, reading, app);
void files.getState().want(wantedFrom(location.hash));
const training = createTrainingStore(engine, reading, app);
const evaluation = createEvaluationStore(engine, reading, training, app);
const script = createTrainingScript(reading, training, evaluation);
keepUnsavedLens(window, reading, training, files);
window.midthought = createMidthought(reading, files, engine, app, script);

const lensBytes = model.lenses.flatMap(({ files }) => files).map(({ sizeBytes }) => sizeBytes);
const page: Page = {
  reading,
  view,
  files,
  training,
  evaluation,
  theme: createThemeStore(),
  address: createAddress(reading, view, files, model.sha256),
  app,
  offer: {
    name: model.name,
    sizeBytes: lensBytes.reduce((sum, sizeBytes) => sum + sizeBytes, model.sizeBytes),
  },
};

/** A recorded reading is mostly here by then; where it is not, the page does without at first. */
const patienceMs = 400;

// Something real at once: what is painted first holds the reading, and nothing moves when it comes.
const recorded = page.address.start();
await Promise.race([recorded, new Promise((resolve) => setTimeout(resolve, patienceMs))]);

const root = document.getElementById("root");
invariant(root, "index.html has no #root");
// As a transition it is rendered in slices: no task of the page is long.
startTransition(() =>
  createRoot(root).render(
    <StrictMode>
      <PageContext value={page}>
        <App />
      </PageContext>
    </StrictMode>,
  ),
);

// Then the model, where loading it costs nothing from elsewhere.
await recorded;
void shownOnPage(training.getState().findSaved());
if (await engine.isAtHand()) await shownOnPage(reading.getState().open());
