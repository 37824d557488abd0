import type { OpenLensInfo } from "../engine/protocol";
import { defaultView } from "../lens/view";
import { exampleOf, examples, fetchRecorded } from "./examples";
import type { WantedLens } from "./filesState";
import type { FilesStore } from "./filesStore";
import { type Decoded, decodeLink, encodeLink, type Link, type LinkDefaults } from "./link";
import type { LinkFile, LinkLens } from "./linkFile";
import { isSamePrompt } from "./linkPrompt";
import type { LensKind } from "./readingState";
import { type ReadingStore, shownOnPage } from "./readingStore";
import type { ViewStore } from "./viewStore";

/** What the page shows where its address says nothing. */
export const defaults: LinkDefaults = { ...defaultView, prompt: examples[0].prompt, lens: "tuned" };

/** Safari refuses an address that changes more than a hundred times in half a minute. */
const writeMs = 400;

/** The page's address: it says what is on screen, and shows what it says. */
export type Address = {
  /** Says it now, and returns the whole address. */
  write(): string;
  /** Shows what was recorded of the prompt that the page opens with. */
  start(): Promise<void>;
  /** The hash that shows a prompt as the page looks now. */
  hashOf(prompt: Link["prompt"]): string;
  /** Shows a prompt as the page looks now. */
  open(prompt: Link["prompt"]): Promise<void>;
};

/**
 * What an address shows at first, and a sentence about what of it cannot be shown. A lens that is no part
 * of the page comes later, where it comes; until then there is the page's own.
 *
 * @param modelSha256 the sum of the model that is here
 * @param isOwnModel whether it came with the page
 */
export function linkFrom(hash: string, modelSha256: string, isOwnModel = true): Decoded {
  const { link, notice, isUsed } = decodeLink(hash, defaults);
  const { lens, lensFile, model } = link;
  const notices = [notice];
  if (lens === "jacobian" && !lensFile)
    notices.push(
      `This link does not say which Jacobian lens it reads with: the ${defaults.lens} lens is shown.`,
    );
  if (model && model.sha256 !== modelSha256) notices.push(modelNotice(model));
  if (isUsed && !model && !isOwnModel) notices.push(ownModelNotice);
  const shown = lens === "jacobian" ? { ...link, lens: defaults.lens } : link;
  return { link: shown, notice: notices.filter(Boolean).join(" ") || null, isUsed };
}

const modelNotice = ({ name, sha256 }: LinkFile) =>
  `This link is of another model, ${name} (sha256 ${sha256.slice(0, 12)}…). Open its files, then follow the link again.`;

const ownModelNotice =
  "This link is of the page's own model. Take that one again, then follow the link again.";

/** The lens that a link asks for besides the page's own. */
export function wantedFrom(hash: string): WantedLens | null {
  const { lens, lensFile } = decodeLink(hash, defaults).link;
  return lensFile && { ...lensFile, kind: lens === "jacobian" ? lens : "tuned" };
}

/** What is on screen, as far as a link says it; a lens that the last link asked for is still asked for. */
export function linkOf(reading: ReadingStore, view: ViewStore, files: FilesStore): Link {
  const { prompt, ids, lens, info, nameInUse } = reading.getState();
  const { view: looks, here, isPinned } = view.getState();
  const { wanted } = files.getState();
  const inUse = lens === "logit" ? null : info?.lenses.find(({ name }) => name === nameInUse());
  const model = info && !info.isBundled ? info.model : null;
  return {
    ...looks,
    prompt: ids ?? prompt,
    lens: wanted?.kind ?? lens,
    lensFile: wanted ?? (inUse && !inUse.isBundled ? fileOf(inUse) : null),
    model: model && { name: model.name, sha256: model.sha256 },
    pin: isPinned ? here : null,
  };
}

const fileOf = ({ name, sha256, url, sizeBytes }: OpenLensInfo): LinkLens | null =>
  sha256 === null ? null : { name, sha256, remote: url === null ? null : { url, sizeBytes } };

/**
 * Keeps the address and the stores the same, both ways.
 *
 * A link shows a recorded reading where there is one; it is read anew where the model is loaded, and
 * never loads a model by itself.
 */
export function createAddress(
  reading: ReadingStore,
  view: ViewStore,
  files: FilesStore,
  bundledSha256: string,
): Address {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const here = () => linkOf(reading, view, files);

  function write(): string {
    clearTimeout(timer);
    timer = undefined;
    const next = encodeLink(here(), defaults);
    const address = location.href.replace(/#.*$/s, "") + next;
    if (address !== location.href) history.replaceState(history.state, "", address);
    return address;
  }
  const writeSoon = () => {
    timer ??= setTimeout(write, writeMs);
  };
  const said = ["prompt", "ids", "lens", "lensNames", "info"] as const;
  reading.subscribe((state, before) => {
    if (said.some((name) => state[name] !== before[name])) writeSoon();
  });
  files.subscribe(({ wanted }, before) => {
    if (wanted !== before.wanted) writeSoon();
  });
  view.subscribe(({ view: looks, here, isPinned }, before) => {
    const isPinOther = isPinned !== before.isPinned || (isPinned && here !== before.here);
    if (looks !== before.view || isPinOther) writeSoon();
  });

  /** Shows what was recorded of a prompt; false where nothing was, or it was overtaken. */
  async function bringRecorded(prompt: Link["prompt"]): Promise<boolean> {
    const example = typeof prompt === "string" ? exampleOf(prompt) : null;
    const isOfOther = reading.getState().info?.isBundled === false;
    if (!example || isOfOther) return false;
    return reading.getState().bring(fetchRecorded(example), { kind: "recorded" });
  }

  /** @param name of the lens of that kind; the one in use, unless given */
  async function open(prompt: Link["prompt"], lens: LensKind, name?: string): Promise<void> {
    reading.getState().place(prompt);
    const isShown = await bringRecorded(prompt);
    const { info, progress, read, choose } = reading.getState();
    if (!isSamePrompt(here().prompt, prompt)) return; // the visitor has gone on
    if (info && progress.status !== "loading") await shownOnPage(read({ lens: name ?? lens }));
    else if (isShown) await shownOnPage(choose(lens));
    else if (!reading.getState().reading) reading.setState({ lens });
  }

  globalThis.addEventListener?.("hashchange", () => {
    if (document.getElementById(location.hash.slice(1))) {
      write(); // a jump within the page
      return;
    }
    const { info } = reading.getState();
    const modelSha256 = info?.model.sha256 ?? bundledSha256;
    const { link, notice, isUsed } = linkFrom(location.hash, modelSha256, info?.isBundled);
    const wanted = wantedFrom(location.hash);
    view.getState().note(notice);
    if (!isUsed) {
      write(); // what is on screen stays, and the address says it again
      return;
    }
    const { prompt, lens, pin, statistic, unit, stride } = link;
    view.getState().look({ statistic, unit, stride });
    view.getState().link(pin);
    void files.getState().want(wanted);
    const isAsked = (one: OpenLensInfo) =>
      wanted ? one.sha256 === wanted.sha256 : one.isBundled && one.kind === lens;
    const shown = info?.lenses.find(isAsked);
    void open(prompt, shown?.kind ?? lens, shown?.name);
  });

  return {
    write,
    async start() {
      await bringRecorded(here().prompt);
    },
    hashOf: (prompt) => encodeLink({ ...here(), prompt, pin: null }, defaults) || "#",
    open(prompt) {
      view.getState().link(null);
      view.getState().note(null);
      return open(prompt, reading.getState().lens);
    },
  };
}
