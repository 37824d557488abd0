import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { decodeLink, encodeLink, type Link } from "./link";
import type { LinkFile, LinkLens } from "./linkFile";
import { defaults, expectSame } from "./linkTesting";

const sum = "0123456789abcdef".repeat(4);
const other = "f".repeat(64);

const decode = (...parameters: readonly string[]) =>
  decodeLink(`#${["v=1", ...parameters].join("&")}`, defaults);
const asValue = (text: string) => encodeURIComponent(text.toWellFormed());

/** What is drawn of a text, and does not begin or end with a space. */
const drawn = (text: string) => text.replace(/\p{C}/gu, "").trim();
const anyName = fc
  .string({ unit: "binary", minLength: 1, maxLength: 100 })
  .map((text) => drawn(text) || "params.pt");
const anySum = fc.string({
  unit: fc.constantFrom(..."0123456789abcdef"),
  minLength: 64,
  maxLength: 64,
});
const anyFile: fc.Arbitrary<LinkFile> = fc.record({ name: anyName, sha256: anySum });
const anyRemote = fc.record({
  url: fc
    .webUrl({ validSchemes: ["https"], withQueryParameters: true, withFragments: true })
    .map((url) => new URL(url).href),
  sizeBytes: fc.integer({ min: 1, max: 4e9 }),
});
const anyLens: fc.Arbitrary<LinkLens> = fc
  .tuple(anyFile, fc.option(anyRemote))
  .map(([file, remote]) => ({ ...file, remote }));

function expectWellTyped(file: LinkFile | null) {
  if (!file) return;
  expect(file.name.length).toBeGreaterThan(0);
  expect(file.name.length).toBeLessThanOrEqual(200);
  expect(file.name).toBe(drawn(file.name));
  expect(file.sha256).toMatch(/^[0-9a-f]{64}$/);
}

function expectSafe(remote: LinkLens["remote"]) {
  if (!remote) return;
  const { protocol, hostname, username, password } = new URL(remote.url);
  if (protocol !== "https:") {
    expect(protocol).toBe("http:");
    expect(["localhost", "127.0.0.1", "[::1]"]).toContain(hostname);
  }
  expect([username, password]).toEqual(["", ""]);
  expect(remote.url.length).toBeLessThanOrEqual(2000);
  expect(Number.isInteger(remote.sizeBytes)).toBe(true);
  expect(remote.sizeBytes).toBeGreaterThan(0);
  expect(remote.sizeBytes).toBeLessThanOrEqual(4e9);
}

describe("encodeLink", () => {
  // Links that people have kept must open: these strings may be added to, never changed.
  const kept: [string, Partial<Link>][] = [
    [
      `#v=1&file=params.pt&sha256=${sum}`,
      { lensFile: { name: "params.pt", sha256: sum, remote: null } },
    ],
    [
      `#v=1&lens=jacobian&file=my%20J%20%281%29&sha256=${sum}&url=https%3A%2F%2Fx.org%2FJ.pt%3Fa%3D1%26b&bytes=4000000000&model=pythia-70m&modelSha256=${other}&cell=3.9`,
      {
        lens: "jacobian",
        lensFile: {
          name: "my J (1)",
          sha256: sum,
          remote: { url: "https://x.org/J.pt?a=1&b", sizeBytes: 4e9 },
        },
        model: { name: "pythia-70m", sha256: other },
        pin: { row: 3, position: 9 },
      },
    ],
  ];
  test.each(kept)("writes %s, and decodeLink opens it", expectSame);

  test("of any lens and any model is what decodeLink gives back", () => {
    fc.assert(
      fc.property(fc.option(anyLens), fc.option(anyFile), (lensFile, model) => {
        const link = { ...defaults, lensFile, model };
        const hash = encodeLink(link, defaults);
        expect(hash).toMatch(/^(#[\w\-.~%&=,]+)?$/); // no browser, chat or mail rewrites these
        expect(decodeLink(hash, defaults)).toEqual({ link, notice: null, isUsed: true });
      }),
      { numRuns: 500 },
    );
  });

  test("takes any name that a file can have", () => {
    const anyText = fc.oneof(
      fc.string({ unit: "binary", maxLength: 400 }),
      fc.string({ unit: fc.constantFrom("😀", "a", "\u0301", "\u202E"), maxLength: 400 }),
      fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)), maxLength: 400 }),
    );
    fc.assert(
      fc.property(anyText, anySum, (name, sha256) => {
        const lensFile = { name, sha256, remote: null };
        const { link } = decodeLink(
          encodeLink({ ...defaults, lensFile, model: { name, sha256 } }, defaults),
          defaults,
        );
        expectWellTyped(link.lensFile);
        expectWellTyped(link.model);
      }),
      { numRuns: 500 },
    );
  });

  test("cuts a long name, and not within a character", () => {
    const lensFile = { name: `${"a".repeat(199)}😀`, sha256: sum, remote: null };
    const { link } = decodeLink(encodeLink({ ...defaults, lensFile }, defaults), defaults);
    expect(link.lensFile?.name).toMatch(/^a{199}/);
  });
});

describe("decodeLink", () => {
  const named = `file=a.pt&sha256=${sum}`;
  const lens: LinkLens = { name: "a.pt", sha256: sum, remote: null };

  test("gives well-typed files for any parameters, and never throws", () => {
    const value = fc.oneof(
      fc.string({ unit: "binary" }).map(asValue),
      fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) }),
      fc.webUrl().map(asValue),
      fc
        .tuple(fc.constantFrom("http:", "https:", "data:", "blob:", "javascript:"), fc.string())
        .map(([scheme, rest]) => asValue(`${scheme}//${rest}`)),
      fc.double().map(String),
      fc.integer().map(String),
      fc.constantFrom(sum, sum.slice(1), sum.toUpperCase(), "%", "%E2%80%AE", "http://localhost:1"),
      fc.nat(3000).map((length) => `https://x.org/${"é".repeat(length)}`),
    );
    const name = fc.constantFrom("file", "sha256", "url", "bytes", "model", "modelSha256", "lens");
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 12 }), (pairs) => {
        const { link, notice } = decode(...pairs.map(([n, v]) => `${n}=${v}`));
        expectWellTyped(link.lensFile);
        expectWellTyped(link.model);
        expectSafe(link.lensFile?.remote ?? null);
        if (notice !== null) expect(notice).toMatch(/^(Part|Nothing) of this link was .*[^.]\.$/);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ["a lens with no sha256", "file=a.pt", "it names a lens without sha256"],
    ["a sha256 with no lens", `sha256=${sum}`, "it names a lens without file"],
    [
      "a sum of 63 digits",
      `file=a.pt&sha256=${sum.slice(1)}`,
      "its sha256 is not 64 hexadecimal digits",
    ],
    ["a sum of 65 digits", `file=a.pt&sha256=${sum}0`, "its sha256 is not 64 hexadecimal digits"],
    [
      "a sum in upper case",
      `file=a.pt&sha256=${sum.toUpperCase()}`,
      "its sha256 is not 64 hexadecimal digits",
    ],
    [
      "a sum that is none",
      `file=a.pt&sha256=${"g".repeat(64)}`,
      "its sha256 is not 64 hexadecimal digits",
    ],
    ["no name", `file=&sha256=${sum}`, "its file is not a name of at most 200 characters"],
    ["a name of spaces", `file=%20%09&sha256=${sum}`, "its file is not a name"],
    ["a name that is not drawn", `file=%E2%80%AE%00&sha256=${sum}`, "its file is not a name"],
    ["a name of broken percents", `file=%E2%80&sha256=${sum}`, "its file is not a name"],
    ["a name of 201 characters", `file=${"a".repeat(201)}&sha256=${sum}`, "its file is not a name"],
    [
      "a name of 10,000 characters",
      `file=${"%61".repeat(10_000)}&sha256=${sum}`,
      "its file is not a name",
    ],
    ["a place and no lens", "url=https://x.org/a.pt&bytes=1", "it names no lens to fetch"],
  ])("refuses %s, and keeps the rest", (_, parameters, problem) => {
    const { link, notice, isUsed } = decode(parameters, "unit=bits");
    expect(link).toEqual({ ...defaults, unit: "bits" });
    expect(notice).toContain(problem);
    expect(notice).toMatch(/^Part of this link was ignored: .{0,200}[^.]\.$/);
    expect(isUsed).toBe(true);
  });

  test.each([
    ["no sha256", "model=tiny", "it names a model without modelSha256"],
    ["no name", `modelSha256=${sum}`, "it names a model without model"],
    [
      "a sum of 63 digits",
      `model=tiny&modelSha256=${sum.slice(1)}`,
      "its modelSha256 is not 64 hexadecimal digits",
    ],
    ["201 characters", `model=${"a".repeat(201)}&modelSha256=${sum}`, "its model is not a name"],
  ])("refuses a model of %s, and keeps the lens", (_, parameters, problem) => {
    const { link, notice } = decode(parameters, named);
    expect(link).toEqual({ ...defaults, lensFile: lens });
    expect(notice).toContain(problem);
  });

  test.each([
    "http://x.org/a.pt",
    "javascript:alert(1)",
    "data:text/plain,a",
    "file:///etc/passwd",
    "blob:https://x.org/0b0f3f7e",
    "ftp://x.org/a.pt",
    "//x.org/a.pt",
    "a.pt",
    "",
    "https://",
    "https://me:secret@x.org/a.pt",
    "https://me@x.org/a.pt",
    "http://localhost@x.org/a.pt",
    "http://localhost.x.org/a.pt",
    "http://127.0.0.1.x.org/a.pt",
    "http://127.0.0.2/a.pt",
  ])("keeps the lens and does not fetch it from %j", (url) => expectNotFetched(url));

  test("keeps the lens and does not fetch it from an address of 3,000 characters", () =>
    expectNotFetched(`https://x.org/${"a".repeat(3000)}`));

  function expectNotFetched(url: string) {
    const { link, notice } = decode(named, `url=${asValue(url)}`, "bytes=100");
    expect(link.lensFile).toEqual(lens);
    expect(notice).toContain("its url is not an address that begins with https:");
  }

  test.each(["http://localhost:8000/a.pt", "http://127.0.0.1/a.pt", "http://[::1]:1/a.pt"])(
    "takes a lens from this machine: %s",
    (url) => {
      const { link, notice } = decode(named, `url=${asValue(url)}`, "bytes=100");
      expect(link.lensFile?.remote).toEqual({ url, sizeBytes: 100 });
      expect(notice).toBeNull();
    },
  );

  test("takes an address as it will be written again: what a link names, the page's own link names too", () => {
    const remoteOf = (url: string) =>
      decode(named, `url=${asValue(url)}`, "bytes=100").link.lensFile?.remote;
    expect(remoteOf("https://X.org/a b")?.url).toBe("https://x.org/a%20b");
    for (const length of [10, 400, 1500, 1980]) {
      const remote = remoteOf(`https://x.org/${"é".repeat(length)}`);
      if (remote) expect(remoteOf(remote.url)).toEqual(remote);
    }
  });

  test.each(["0", "-1", "1e10", "1.5", "", " 1", "0x10", "NaN", "4000000001", "9".repeat(11), "١"])(
    "keeps the lens and does not fetch %j bytes",
    (bytes) => {
      const { link, notice } = decode(named, "url=https://x.org/a.pt", `bytes=${asValue(bytes)}`);
      expect(link.lensFile).toEqual(lens);
      expect(notice).toContain("its bytes is not a size in bytes");
    },
  );

  test.each(["url=https://x.org/a.pt", "bytes=100"])(
    "does not fetch a lens with %s alone",
    (half) => {
      const { link, notice } = decode(named, half);
      expect(link.lensFile).toEqual(lens);
      expect(notice).toContain(
        "it says where a lens is and not how large, or how large and not where",
      );
    },
  );

  test("leaves out of a name what is not drawn, so that it cannot look like another", () => {
    const nameOf = (name: string) =>
      decode(`file=${asValue(name)}`, `sha256=${sum}`).link.lensFile?.name;
    expect(nameOf("lens\u202Etp.exe\u0000\u2066\u200B\n.pt ")).toBe("lenstp.exe.pt");
    expect(nameOf("<img src=x onerror=alert(1)>")).toBe("<img src=x onerror=alert(1)>"); // text, as ever
    expect(nameOf("../../params.pt")).toBe("../../params.pt"); // it is shown, never a path
    expect(nameOf("a".repeat(200))).toHaveLength(200);
  });

  test.each([
    ["a lens with no sha256", "file=a.pt"],
    ["a sha256 with no lens", `sha256=${sum}`],
    ["a place and no lens", "url=https://x.org/a.pt&bytes=1"],
    ["a model with no sha256", "model=tiny"],
  ])("uses nothing of a link of which %s is all", (_, parameters) => {
    const { link, isUsed } = decode(parameters);
    expect(link).toEqual(defaults);
    expect(isUsed).toBe(false);
  });
});
