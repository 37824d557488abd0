import { describe, expect, test } from "vitest";

import { defaults, linkFrom, linkOf, wantedFrom } from "./address";
import { hashOf, holdPage, holdRecorded, setup, tick } from "./addressTesting";
import { info, lensNamed, other, sumOf } from "./engineTesting";
import { examples } from "./examples";
import type { Link } from "./link";

holdPage();

const mine = { name: "mine", sha256: sumOf("mine"), remote: null };
const remote = { url: "https://x.org/mine.pt", sizeBytes: 1000 };
const plain: Link = { ...defaults, lensFile: null, model: null, pin: null };
const named = hashOf({ prompt: "Hi", lensFile: mine });
const jacobian = hashOf({ prompt: "Hi", lens: "jacobian", lensFile: { ...mine, remote } });

const drop = ({ files }: ReturnType<typeof setup>, name: string) =>
  files.getState().open([new File(["x"], name)]);

describe("linkFrom", () => {
  const own = info.model.sha256;

  test("takes the tuned lens for a Jacobian one that no file is named of, and says so", () => {
    const { link, notice, isUsed } = linkFrom("#v=1&prompt=Hi&lens=jacobian", own);
    expect(link).toEqual({ ...plain, prompt: "Hi" });
    expect(notice).toBe(
      "This link does not say which Jacobian lens it reads with: the tuned lens is shown.",
    );
    expect(isUsed).toBe(true);
    expect(linkFrom("#v=1&prompt=Hi&lens=logit", own)).toMatchObject({
      link: { lens: "logit" },
      notice: null,
    });
  });

  test("shows the tuned lens at first where a Jacobian one is named, which is nothing to be told", () => {
    const { link, notice } = linkFrom(jacobian, own);
    expect(link).toEqual({ ...plain, prompt: "Hi", lensFile: { ...mine, remote } });
    expect(notice).toBeNull();
  });

  test("says of which other model a link is, and nothing where it is the one that is here", () => {
    const hash = hashOf({ prompt: "Hi", model: { name: "other", sha256: sumOf("other") } });
    expect(linkFrom(hash, own)).toMatchObject({
      link: { prompt: "Hi" },
      notice: `This link is of another model, other (sha256 ${sumOf("other").slice(0, 12)}…). Open its files, then follow the link again.`,
      isUsed: true,
    });
    expect(linkFrom(hash, sumOf("other")).notice).toBeNull();
  });

  test("says all that there is to say of a link, a sentence each", () => {
    const { notice } = linkFrom(
      `#v=1&lens=jacobian&unit=feet&model=other&modelSha256=${sumOf("other")}`,
      own,
    );
    expect(notice).toMatch(
      /^Part of this link.*\. This link does not say.*\. This link is of another/,
    );
  });
});

test("wantedFrom says which lens a link asks for besides the page's own", () => {
  expect(wantedFrom("")).toBeNull();
  expect(wantedFrom("#v=1&prompt=Hi&lens=jacobian")).toBeNull();
  expect(wantedFrom("#v=2&file=mine")).toBeNull();
  expect(wantedFrom(named)).toEqual({ ...mine, kind: "tuned" });
  expect(wantedFrom(jacobian)).toEqual({ ...mine, remote, kind: "jacobian" });
});

// A page that opens with such a link.

test.each([named, jacobian])(
  "a page that opens with a lens's link shows its own lens, and keeps saying the link's: %s",
  async (hash) => {
    const { state, files, reading, said, address, requests } = setup(hash);
    expect(files.getState().wanted).toEqual(wantedFrom(hash));
    expect(state()).toMatchObject({ prompt: "Hi", lens: "tuned" });
    await reading.getState().load();
    void state().read();
    expect(await said()).toBe(hash);
    expect(requests()).toEqual([{ prompt: "Hi", lens: "tuned" }]);
    expect(address.hashOf("Hi")).toBe(hash);
  },
);

test("once the link's lens is open it is in use, and the address says it as before", async () => {
  const page = setup(named);
  await drop(page, "mine.pt");
  expect(page.state()).toMatchObject({ lens: "tuned", lensNames: { tuned: "mine" } });
  expect(await page.said()).toBe(named);
});

test("once the link's lens is given up the address says no lens", async () => {
  const { files, said } = setup(jacobian);
  expect(await said()).toBe(jacobian);
  await files.getState().want(null);
  expect(await said()).toBe("#v=1&prompt=Hi");
});

// What a link says of what is open.

test("a link names a lens that was opened by its name and sum, and where it was fetched", async () => {
  const page = setup();
  const { state, reading, view, files, openHere, said } = page;
  await drop(page, "mine.pt");
  expect(linkOf(reading, view, files)).toEqual({ ...plain, lensFile: mine });
  expect(await said()).toBe(`#v=1&file=mine&sha256=${sumOf("mine")}`);
  await state().know(openHere(lensNamed("jacobian", { ...remote })));
  void state().choose("jacobian");
  const lensFile = { name: "jacobian", sha256: sumOf("jacobian"), remote };
  expect(linkOf(reading, view, files)).toEqual({ ...plain, lens: "jacobian", lensFile });
  expect(await said()).toBe(hashOf({ lens: "jacobian", lensFile }));
  void state().choose("logit");
  expect(await said()).toBe("#v=1&lens=logit");
});

test("a link names the lens in use of several, and adds nothing for the page's own", async () => {
  const page = setup();
  const { state, said } = page;
  await drop(page, "mine.pt");
  await drop(page, "yours.pt");
  expect(await said()).toContain("file=yours&");
  void state().choose("tuned", "mine");
  expect(await said()).toContain("file=mine&");
  void state().choose("tuned", "closed form");
  expect(await said()).toBe("");
  await page.files.getState().close("mine");
  expect(await said()).toBe("");
});

test("a link names a model that is not the page's own", async () => {
  const { state, models, engine, said } = setup();
  await state().load();
  expect(await said()).toBe("");
  const opened = state().replaceModel((report) => engine.openModel(null, "auto", report));
  await tick();
  models[0].resolve(other);
  await opened;
  expect(await said()).toBe(`#v=1&lens=logit&model=other&modelSha256=${sumOf("other")}`);
});

// A link that is followed while the page is open.

test("a lens's link that is followed asks for the lens at once, and the address keeps saying it", async () => {
  const { go, state, files, said, requests } = setup();
  await state().load();
  go(jacobian);
  await tick();
  expect(requests()).toEqual([{ prompt: "Hi", lens: "tuned" }]); // which is not over yet
  expect(files.getState().wanted).toEqual({ ...mine, remote, kind: "jacobian" });
  expect(await said()).toBe(jacobian);
});

test("a link to a lens that is open is read with it", async () => {
  const page = setup();
  const { go, state, reads, said } = page;
  await drop(page, "mine.pt");
  await drop(page, "yours.pt");
  go(named);
  for (let i = 0; i < 2; ++i) {
    await tick();
    reads.at(-1)?.resolve(); // perhaps with another lens first
  }
  await tick();
  expect(state().reading).toMatchObject({ prompt: "Hi", lens: { name: "mine" } });
  expect(state().nameInUse()).toBe("mine");
  expect(await said()).toBe(named);
});

test("a link that names no lens is read with the page's own, whichever is in use", async () => {
  const page = setup();
  const { go, state, reads, said } = page;
  await drop(page, "mine.pt");
  go("#v=1&prompt=Hi");
  await tick();
  reads.at(-1)?.resolve();
  await tick();
  expect(state().reading).toMatchObject({ prompt: "Hi", lens: { name: "closed form" } });
  expect(state().nameInUse()).toBe("closed form");
  expect(await said()).toBe("#v=1&prompt=Hi");
});

test("a link that names no lens takes the place of one that did", async () => {
  const { go, files, said } = setup(jacobian);
  go("#v=1&prompt=You");
  await tick();
  expect(files.getState().wanted).toBeNull();
  expect(await said()).toBe("#v=1&prompt=You");
});

test("of two links that are followed one after the other the last says which lens is asked for", async () => {
  const { go, files, said } = setup();
  const arrive = holdRecorded();
  go(hashOf({ prompt: examples[1].prompt, lensFile: mine })); // its recording is on its way
  go("#v=1&prompt=You");
  await tick();
  expect(files.getState().wanted).toBeNull();
  await arrive();
  await tick();
  expect(files.getState().wanted).toBeNull();
  expect(await said()).toBe("#v=1&prompt=You");
});

test("a link that nothing of is used leaves the lens that is asked for", async () => {
  const { go, files, said } = setup(named);
  go("#v=2&prompt=You");
  await tick();
  expect(files.getState().wanted).toMatchObject(mine);
  expect(await said()).toBe(named);
});

test("a link of a model is measured by the model in use", async () => {
  const { go, state, view, models, engine } = setup();
  const ofOther = hashOf({ prompt: "Hi", model: { name: "other", sha256: sumOf("other") } });
  go(ofOther);
  expect(view.getState().notice).toMatch(/^This link is of another model, other/);
  const opened = state().replaceModel((report) => engine.openModel(null, "auto", report));
  await tick();
  models[0].resolve(other);
  await opened;
  go(ofOther);
  expect(view.getState().notice).toBeNull();
});

test("a link that names no model is of the page's own, and says so where another is in use", async () => {
  const { go, state, view, models, engine } = setup();
  const opened = state().replaceModel((report) => engine.openModel(null, "auto", report));
  await tick();
  models[0].resolve(other);
  await opened;
  go("#v=1&prompt=Hi");
  expect(view.getState().notice ?? "").toMatch(/model/);
});
