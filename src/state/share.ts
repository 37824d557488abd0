import type { Address } from "./address";
import { fitsLink } from "./linkPrompt";
import type { ReadingState } from "./readingState";
import type { ReadingStore } from "./readingStore";

/** Longer links are cut by some chat programs. */
const safeLength = 2000;

/** What of what is on screen is on this machine alone, the model's first; empty where nothing is. */
function neededFiles({ info, lens, lensNames }: ReadingState): string[] {
  const needed = info && !info.isBundled ? [`the files of ${info.model.name}`] : [];
  const inUse = info?.lenses.find(({ name }) => name === lensNames[lens]);
  if (!inUse || inUse.isBundled || inUse.url !== null) return needed;
  return [...needed, `the file of the lens ${inUse.name}`];
}

/** Copies the address of what is on screen; returns the sentence that says what happened. */
export async function copyLink(address: Address, store: ReadingStore): Promise<string> {
  const href = address.write();
  const { prompt, ids, source, info } = store.getState();
  if (!fitsLink(ids ?? prompt)) {
    return "This prompt is too long for a link. Export → JSON saves the whole reading as a file.";
  }
  try {
    await navigator.clipboard.writeText(href);
  } catch {
    return "This browser does not let the page copy. The address bar holds the link: copy it there.";
  }
  if (source.kind === "file")
    return "Link copied. It holds the prompt; Export saves the reading itself.";
  const needed = neededFiles(store.getState());
  if (needed.length > 0) {
    const them = info?.isBundled ? "it" : "them";
    return `Link copied. Whoever opens it is asked for ${needed.join(" and ")}: send ${them} along.`;
  }
  return href.length > safeLength
    ? `Link copied: ${href.length.toLocaleString("en-US")} characters, which some chat programs cut.`
    : "Link copied. It opens this prompt, read as you see it.";
}
