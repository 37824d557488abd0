import { readFileSync } from "node:fs";
import { afterEach, beforeEach, vi } from "vitest";

import { createAddress, defaults, linkFrom, wantedFrom } from "./address";
import { fakeEngine, info } from "./engineTesting";
import { createFilesStore } from "./filesStore";
import { encodeLink, type Link } from "./link";
import { createReadingStore } from "./readingStore";
import { createViewStore } from "./viewStore";

/** From a change to the address that says it. */
export const writeMs = 400;

/** Lets every promise that is settled be heard. */
export const tick = () => vi.advanceTimersByTimeAsync(0);

/** The hash of a link that says this much. */
export const hashOf = (link: Partial<Link>) =>
  encodeLink({ ...defaults, lensFile: null, model: null, pin: null, ...link }, defaults);

/** A file's timers wait, and recorded readings come from the repository. */
export function holdPage() {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("fetch", async (url: string) => {
      const name = /recorded\/(.+)$/.exec(url)?.[1];
      return new Response(
        readFileSync(new URL(`../../public/recorded/${name}`, import.meta.url), "utf8"),
      );
    });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
}

/** The page's stores at an address, with what a browser would keep of it; its model loads at once. */
export function setup(hash = "") {
  const { link, notice } = linkFrom(hash, info.model.sha256);
  const fake = fakeEngine({ isLoaded: true });
  const { prompt, lens, pin, statistic, unit, stride } = link;
  const reading = createReadingStore(fake.engine, {
    prompt: typeof prompt === "string" ? prompt : "",
    ids: typeof prompt === "string" ? null : prompt,
    lens,
    backend: "auto",
  });
  const view = createViewStore({ view: { statistic, unit, stride }, pin, notice });
  const files = createFilesStore(fake.engine, reading, { name: "midthought", version: "0.1.0" });
  void files.getState().want(wantedFrom(hash));
  const location = { href: `https://x.org/?backend=wasm${hash}`, hash };
  const replaceState = vi.fn((_state: unknown, _title: string, href: string) => {
    location.href = href;
  });
  vi.stubGlobal("location", location);
  vi.stubGlobal("history", { state: null, replaceState });
  vi.stubGlobal("document", { getElementById: (id: string) => (id === "reading" ? {} : null) });
  let onHashChange = () => {};
  vi.stubGlobal("addEventListener", (name: string, listen: () => void) => {
    if (name === "hashchange") onHashChange = listen;
  });
  const address = createAddress(reading, view, files, info.model.sha256);
  /** As when a visitor follows a link, or types one into the address. */
  const go = (hash: string) => {
    Object.assign(location, { href: `https://x.org/?backend=wasm${hash}`, hash });
    onHashChange();
  };
  const state = () => reading.getState();
  const requests = () => fake.reads.map(({ request }) => request);
  /** What the address says once it has followed the stores. */
  const said = async () => {
    await vi.advanceTimersByTimeAsync(writeMs);
    return location.href.replace(/^[^#]*/, "");
  };
  return {
    ...fake,
    reading,
    state,
    view,
    files,
    replaceState,
    requests,
    location,
    address,
    go,
    said,
  };
}

/** What is fetched arrives when the test says so, by the order in which it was asked for. */
export function holdRecorded() {
  const { fetch } = globalThis;
  const waiting: (() => void)[] = [];
  vi.stubGlobal("fetch", async (url: string) => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    return fetch(url);
  });
  return async (at = 0) => {
    waiting[at]();
    await tick();
  };
}
