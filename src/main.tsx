import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { version } from "../package.json";
import { App } from "./app/App";
import { ReadingContext } from "./app/useReading";
import { connectEngine } from "./engine/client";
import { invariant } from "./errors";
import { backendFromSearch } from "./state/backendChoice";
import { createReadingStore, shownOnPage } from "./state/readingStore";
import { createMidthought, type Midthought } from "./state/scripting";
import "./app/tokens.css";
import "./app/page.css";
import "./app/grid.css";

declare global {
  interface Window {
    midthought: Midthought;
  }
}

const example = "The Eiffel Tower is located in the city of";
const { backend, notice } = backendFromSearch(location.search);

const engine = connectEngine();
const store = createReadingStore(engine, { prompt: example, backend });
window.midthought = createMidthought(store, engine, { name: "midthought", version });

const root = document.getElementById("root");
invariant(root, "index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <ReadingContext value={store}>
      <App notice={notice} />
    </ReadingContext>
  </StrictMode>,
);

void shownOnPage(store.getState().read());
