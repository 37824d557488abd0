import { afterEach, expect, test, vi } from "vitest";

import type { EngineInfo } from "../engine/protocol";
import type { Address } from "./address";
import { info, lensNamed, other } from "./engineTesting";
import { maxPromptLength } from "./linkPrompt";
import type { LensNames } from "./readingState";
import type { ReadingStore } from "./readingStore";
import { copyLink } from "./share";
import type { Source } from "./shelf";

/** A page at an address, with a prompt in its box. */
function setup(
  href: string,
  options: {
    readonly prompt?: string;
    readonly ids?: readonly number[];
    readonly source?: Source;
    readonly info?: EngineInfo;
    readonly lensNames?: LensNames;
  } = {},
) {
  const { prompt = "Hi", ids = null, source = { kind: "live" }, ...open } = options;
  const lens = { info: null, lens: "tuned", lensNames: {}, ...open };
  const writeText = vi.fn(async (_: string) => {});
  vi.stubGlobal("navigator", { clipboard: { writeText } });
  const write = vi.fn(() => href);
  const address = { write } satisfies Partial<Address>;
  const store = { getState: () => ({ prompt, ids, source, ...lens }) };
  const copy = () => copyLink(address as unknown as Address, store as unknown as ReadingStore);
  return { writeText, write, copy };
}

afterEach(() => void vi.unstubAllGlobals());

test("copyLink copies the address as it is written now", async () => {
  const { writeText, write, copy } = setup("https://x.org/#v=1&prompt=Hi");
  expect(await copy()).toBe("Link copied. It opens this prompt, read as you see it.");
  expect(write).toHaveBeenCalledOnce();
  expect(writeText).toHaveBeenCalledExactlyOnceWith("https://x.org/#v=1&prompt=Hi");
});

test("copyLink warns of a link of more than 2,000 characters, which it copies too", async () => {
  expect(await setup("x".repeat(2000)).copy()).toMatch(/^Link copied\. It opens/);
  const { writeText, copy } = setup("x".repeat(2001));
  expect(await copy()).toBe("Link copied: 2,001 characters, which some chat programs cut.");
  expect(writeText).toHaveBeenCalledOnce();
});

test("copyLink of a file's reading says that the link holds the prompt alone", async () => {
  const source = { kind: "file", name: "a.json" } as const;
  const { writeText, copy } = setup("https://x.org/#v=1&prompt=Hi", { source });
  expect(await copy()).toBe("Link copied. It holds the prompt; Export saves the reading itself.");
  expect(writeText).toHaveBeenCalledOnce();
});

test("copyLink says where the link is when the browser does not let it copy", async () => {
  const { writeText, copy } = setup("https://x.org/");
  writeText.mockRejectedValue(new DOMException("", "NotAllowedError"));
  expect(await copy()).toContain("The address bar holds the link");
});

test("copyLink works where the page may not have a clipboard at all", async () => {
  const { copy } = setup("http://x.org/");
  vi.stubGlobal("navigator", {}); // not a secure context
  expect(await copy()).toContain("The address bar holds the link");
});

test("copyLink does not copy a link that lacks its prompt", async () => {
  const { writeText, copy } = setup("https://x.org/", {
    prompt: "x".repeat(maxPromptLength + 1),
  });
  expect(await copy()).toContain("too long for a link");
  expect(writeText).not.toHaveBeenCalled();
  const ids = Array<number>(maxPromptLength).fill(1);
  expect(await setup("https://x.org/", { ids }).copy()).toContain("too long for a link");
});

test("copyLink says which file whoever opens the link needs", async () => {
  const href = "https://x.org/#v=1";
  const lenses = [...info.lenses, lensNamed("mine"), lensNamed("theirs", { url: "https://x.org" })];
  const says = (name: string) =>
    setup(href, { info: { ...info, lenses }, lensNames: { tuned: name } }).copy();
  expect(await says("mine")).toBe(
    "Link copied. Whoever opens it is asked for the file of the lens mine: send it along.",
  );
  for (const name of ["theirs", info.lenses[0].name]) {
    expect(await says(name)).toMatch(/^Link copied\. It opens/);
  }
  expect(await setup(href, { info: other }).copy()).toContain(`the files of ${other.model.name}`);
});

test("copyLink says both where the model is the visitor's own and the lens too", async () => {
  const href = "https://x.org/#v=1";
  const lenses = [lensNamed("mine"), lensNamed("theirs", { url: "https://x.org" })];
  const own = { ...other, lenses };
  const says = (name: string) => setup(href, { info: own, lensNames: { tuned: name } }).copy();
  const model = `the files of ${other.model.name}`;
  expect(await says("mine")).toBe(
    `Link copied. Whoever opens it is asked for ${model} and the file of the lens mine: send them along.`,
  );
  expect(await says("theirs")).toBe(
    `Link copied. Whoever opens it is asked for ${model}: send them along.`,
  );
});
