import { constants, deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { shownStatistics, strides, units } from "../lens/view";
import { cpuMs } from "../math/cpuTesting";
import { toBase64Url } from "./base64url";
import { inflateUpTo } from "./inflateUpTo";
import { decodeLink, encodeLink, type Link, maxLinkLength } from "./link";
import { fitsLink, maxPromptLength } from "./linkPrompt";
import { defaults, expectSame } from "./linkTesting";

const lenses = ["logit", "tuned", "jacobian"] as const;

/** Any UTF-16, half characters too. */
const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) }),
  fc.string({ unit: fc.constantFrom("+", "&", "#", "%", "=", "\0", "\n", "\t", "😀", ".", "'") }),
);
/** Up to the longest: a piece that repeats, or not. */
const longText = fc.oneof(
  fc
    .tuple(fc.string({ unit: "binary", minLength: 1, maxLength: 40 }), fc.nat(5000))
    .map(([piece, count]) => piece.repeat(count).slice(0, maxPromptLength)),
  fc.string({ unit: "binary", minLength: 500, maxLength: 3000 }),
);
const anyIds = fc.array(fc.nat(2 ** 31 - 1), { maxLength: 400 });
const anyLink: fc.Arbitrary<Link> = fc.record({
  prompt: fc.oneof(anyText, longText, anyIds, fc.constant(defaults.prompt)),
  lens: fc.constantFrom(...lenses),
  lensFile: fc.constant(null),
  model: fc.constant(null),
  statistic: fc.constantFrom(...shownStatistics),
  unit: fc.constantFrom(...units),
  stride: fc.constantFrom(...strides),
  pin: fc.option(
    fc.record({
      row: fc.oneof(fc.nat(10_000), fc.constant("output" as const)),
      position: fc.nat(1_000_000),
    }),
  ),
});

const wellFormed = (link: Link): Link =>
  typeof link.prompt === "string" ? { ...link, prompt: link.prompt.toWellFormed() } : link;

/** A prompt of characters that deflate cannot shorten, `length` of them. */
function noise(length: number): string {
  let state = 1;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return String.fromCharCode(0x4e00 + ((state >>> 8) % 0x5000));
  }).join("");
}

/** What decoding took of the processor, in milliseconds, and what came of it. */
function timed(hash: string) {
  const start = cpuMs();
  return { ...decodeLink(hash, defaults), elapsedMs: cpuMs() - start };
}

function expectWellTyped({ prompt, lens, statistic, unit, stride, pin }: Link) {
  if (typeof prompt === "string") {
    expect(prompt.isWellFormed()).toBe(true);
    expect(prompt.length).toBeLessThanOrEqual(maxPromptLength);
  } else expect(prompt.every((id) => Number.isInteger(id) && id >= 0 && id < 2 ** 31)).toBe(true);
  expect(lenses).toContain(lens);
  expect(shownStatistics).toContain(statistic);
  expect(units).toContain(unit);
  expect(strides).toContain(stride);
  if (pin === null) return;
  const isIndex = (x: number) => Number.isSafeInteger(x) && x >= 0;
  expect(pin.row === "output" || isIndex(pin.row)).toBe(true);
  expect(isIndex(pin.position)).toBe(true);
}

describe("encodeLink", () => {
  test("says nothing where all is default", () => {
    expect(encodeLink(defaults, defaults)).toBe("");
  });

  test("names only what is not the default", () => {
    expect(encodeLink({ ...defaults, unit: "bits" }, defaults)).toBe("#v=1&unit=bits");
  });

  // Links that people have kept must open: these strings may be added to, never changed.
  const kept: [string, Partial<Link>][] = [
    [
      "#v=1&prompt=The%20capital%20of%20Italy%20is&lens=logit&statistic=entropy&unit=bits&layers=2&cell=24.9",
      {
        prompt: "The capital of Italy is",
        lens: "logit",
        statistic: "entropy",
        unit: "bits",
        stride: 2,
        pin: { row: 24, position: 9 },
      },
    ],
    [
      "#v=1&ids=504,3575&cell=output.9",
      { prompt: [504, 3575], pin: { row: "output", position: 9 } },
    ],
    ["#v=1&prompt=%28a%2Bb%29%20%26%20c%0A%23%25%2E", { prompt: "(a+b) & c\n#%." }],
    ["#v=1&prompt=", { prompt: "" }],
    ["#v=1&ids=", { prompt: [] }],
  ];
  test.each(kept)("writes %s, and decodeLink opens it", expectSame);

  test("deflates a long prompt where that is shorter", () => {
    const prompt = "To be, or not to be. ".repeat(100);
    const hash = encodeLink({ ...defaults, prompt }, defaults);
    expect(hash).toMatch(/^#v=1&promptz=[\w-]+$/);
    expect(hash.length).toBeLessThan(100);
    const zlib = toBase64Url(deflateRawSync(prompt));
    expect(decodeLink(`#v=1&promptz=${zlib}`, defaults).link.prompt).toBe(prompt);
  });

  test("deflates many ids", () => {
    const prompt = Array.from({ length: 1000 }, (_, i) => (i * i) % 49152);
    const hash = encodeLink({ ...defaults, prompt }, defaults);
    expect(hash).toMatch(/^#v=1&idsz=[\w-]+$/);
    expect(decodeLink(hash, defaults).link.prompt).toEqual(prompt);
  });

  test("leaves a prompt readable where deflating does not make it shorter", () => {
    expect(encodeLink({ ...defaults, prompt: "a".repeat(500) }, defaults)).toMatch(/&prompt=a+$/);
    const name = toBase64Url(Uint8Array.from(noise(600), (c) => c.charCodeAt(0)));
    expect(encodeLink({ ...defaults, prompt: name }, defaults)).toBe(`#v=1&prompt=${name}`);
  });

  test("keeps the longest prompt within the longest link, and leaves out a longer one and its cell", () => {
    const longest: Link = { ...defaults, prompt: noise(maxPromptLength) };
    const hash = encodeLink(longest, defaults);
    expect(hash.length).toBeLessThan(maxLinkLength);
    expect(decodeLink(hash, defaults)).toEqual({ link: longest, notice: null, isUsed: true });

    const tooLong: Link = {
      ...defaults,
      prompt: noise(maxPromptLength + 1),
      unit: "bits",
      pin: { row: 1, position: 2 },
    };
    expect(fitsLink(longest.prompt)).toBe(true);
    expect(fitsLink(tooLong.prompt)).toBe(false);
    expect(encodeLink(tooLong, defaults)).toBe("#v=1&unit=bits");
  });
});

describe("decodeLink", () => {
  test("gives back whatever encodeLink was given, half characters as U+FFFD", () => {
    fc.assert(
      fc.property(anyLink, (link) => {
        const hash = encodeLink(link, defaults);
        expect(hash).toMatch(/^(#[\w\-.~%&=,]+)?$/); // no browser, chat or mail rewrites these
        expect(decodeLink(hash, defaults)).toEqual({
          link: wellFormed(link),
          notice: null,
          isUsed: true,
        });
      }),
      { numRuns: 500 },
    );
  });

  test("gives back a state under any defaults", () => {
    fc.assert(
      fc.property(anyLink, anyLink, (link, others) => {
        const { link: decoded } = decodeLink(encodeLink(link, others), others);
        expect(wellFormed(decoded)).toEqual(wellFormed(link));
      }),
    );
  });

  test("gives well-typed values for any hash, and never throws", () => {
    const value = fc.oneof(
      anyText,
      anyText.map((text) => encodeURIComponent(text.toWellFormed())),
      fc.base64String(),
      fc.uint8Array({ maxLength: 3000 }).map(toBase64Url),
      fc.uint8Array({ maxLength: 3000 }).map((bytes) => toBase64Url(deflateRawSync(bytes))),
      fc.double().map(String),
      fc.tuple(fc.double(), fc.double()).map(([a, b]) => `${a}.${b}`),
      fc.constantFrom("1", "2", "tuned", "entropy", "bits", "output.3", "%", "%C0%80", "__proto__"),
    );
    const name = fc.oneof(
      anyText,
      fc.constantFrom("v", "prompt", "promptz", "ids", "idsz", "lens", "statistic", "unit"),
      fc.constantFrom("layers", "cell", "__proto__", "constructor", "toString"),
    );
    const parameters = fc
      .array(fc.tuple(name, value))
      .map((pairs) => ["v=1", ...pairs.map(([n, v]) => `${n}=${v}`)].join("&"));
    fc.assert(
      fc.property(
        fc.oneof(
          anyText,
          parameters,
          parameters.map((p) => `#${p}`),
        ),
        (hash) => {
          const { link, notice, isUsed, elapsedMs } = timed(hash);
          if (typeof link.prompt === "string" || link.prompt !== defaults.prompt)
            expectWellTyped(link);
          if (notice !== null) expect(notice).toMatch(/^(Part|Nothing) of this link was .*[^.]\.$/);
          expect(isUsed).toBe(!notice?.startsWith("Nothing"));
          expect(elapsedMs).toBeLessThan(500);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test.each(["", "#", "#&", "#v=1", "v=1", "#v=1&"])("says nothing of %j", (hash) => {
    expect(decodeLink(hash, defaults)).toEqual({ link: defaults, notice: null, isUsed: true });
  });

  test("uses nothing of a link of which every part is ignored", () => {
    const { isUsed, notice } = decodeLink("#v=1&cell=NaN.1&layers=-3&unit=%", defaults);
    expect(isUsed).toBe(false);
    expect(notice).toMatch(/^Nothing of this link was used: .*cell.*layers/);
    expect(decodeLink("#v=1&cell=NaN.1&unit=bits", defaults).isUsed).toBe(true);
  });

  test.each([
    ["an unknown version", "#v=2&lens=logit&cell=1.2"],
    ["an empty version", "#v=&lens=logit"],
    ["a version without a value", "#v&lens=logit"],
    ["no version", "#lens=logit"],
    ["another page's anchor", "#main"],
    ["two megabytes", `#v=1&lens=logit&prompt=${"a".repeat(2e6)}`],
    ["a version in percents", "#v=%31&lens=logit"],
  ])("uses nothing of a link with %s", (_, hash) => {
    const { link, notice, isUsed, elapsedMs } = timed(hash);
    expect(link).toEqual(defaults);
    expect(isUsed).toBe(false);
    expect(notice).toMatch(/^Nothing of this link was used: [^.]+\.$/);
    expect(elapsedMs).toBeLessThan(50);
  });

  test("says of which version a link is not", () => {
    expect(decodeLink("#lens=logit", defaults).notice).toMatch(
      /does not say its version, as in v=1/,
    );
    expect(decodeLink("#v=2", defaults).notice).toMatch(/version is not one that this page knows/);
  });

  const zeros = (bytes: number) => toBase64Url(deflateRawSync(new Uint8Array(bytes)));
  const hello = deflateRawSync("Hello hello hello hello hello hello, what a long hello");
  test.each([
    ["a broken percent sign", "prompt=100%", "prompt"],
    ["percents that are no hex", "prompt=%zz", "prompt"],
    ["overlong UTF-8", "prompt=%C0%80", "prompt"],
    ["a surrogate in UTF-8", "prompt=%ED%A0%80", "prompt"],
    ["cut UTF-8", "prompt=%F0%9F%98", "prompt"],
    ["a prompt past the cap", `prompt=${"a".repeat(maxPromptLength + 1)}`, "prompt"],
    ["no base64url", "promptz=a+b", "promptz"],
    ["a length that base64url cannot have", "promptz=abcde", "promptz"],
    ["deflated garbage", `promptz=${"_".repeat(999)}`, "promptz"],
    ["truncated deflate data", `promptz=${toBase64Url(hello.subarray(0, 20))}`, "promptz"],
    [
      "deflated bytes that are no UTF-8",
      `promptz=${toBase64Url(deflateRawSync(new Uint8Array([255])))}`,
      "promptz",
    ],
    ["a deflated prompt past the cap", `promptz=${zeros(maxPromptLength + 1)}`, "promptz"],
    ["a bomb of 256 MB", `promptz=${zeros(2 ** 28)}`, "promptz"],
    ["a bomb in ids", `idsz=${zeros(2 ** 24)}`, "idsz"],
    ["a negative id", "ids=1,-2", "ids"],
    ["a fractional id", "ids=1.5", "ids"],
    ["an id of 2^31", "ids=2147483648", "ids"],
    ["an id with an exponent", "ids=1e3", "ids"],
    ["an empty id", "ids=1,,2", "ids"],
    ["an id that is a word", "ids=NaN", "ids"],
  ])("refuses %s, the cell with it, and keeps the rest", (_, parameter, name) => {
    const { link, notice, elapsedMs } = timed(`#v=1&${parameter}&cell=1.2&unit=bits`);
    expect(link).toEqual({ ...defaults, unit: "bits" });
    expect(notice).toBe(
      `Part of this link was ignored: its ${name} is not ${name.startsWith("ids") ? "a list of token ids" : "text"} of at most 200,000 characters.`,
    );
    expect(elapsedMs).toBeLessThan(200);
  });

  test("opens deflated prompts and ids as long as a link may hold, whatever they inflate to", () => {
    const ids = Array(maxPromptLength / 2).fill(7); // "7,7,…,7" is one short of the cap
    const hash = encodeLink({ ...defaults, prompt: ids }, defaults);
    expect(decodeLink(hash, defaults).link.prompt).toEqual(ids);
  });

  test.each([
    "-1.2",
    "1.-2",
    "NaN.2",
    "1.NaN",
    "Infinity.1",
    "1.5.2",
    "1",
    "1.",
    ".1",
    "10001.2",
    "1.1000001",
    "1e3.2",
    "1.99999999999999999999",
    "Output.2",
    "0x1.2",
    "",
  ])("ignores the cell %j", (cell) => {
    expect(decodeLink(`#v=1&cell=${cell}&unit=bits`, defaults)).toEqual({
      link: { ...defaults, unit: "bits" },
      notice: "Part of this link was ignored: its cell is not a layer and a position, as in 24.9.",
      isUsed: true,
    });
  });

  test("reads the first and the last cell that a link may name", () => {
    const pinOf = (cell: string) => decodeLink(`#v=1&cell=${cell}`, defaults).link.pin;
    expect(pinOf("0.0")).toEqual({ row: 0, position: 0 });
    expect(pinOf("10000.1000000")).toEqual({ row: 10_000, position: 1_000_000 });
    expect(pinOf("output.0")).toEqual({ row: "output", position: 0 });
  });

  test("ignores a lens, statistic, unit and stride that it does not know", () => {
    const { link, notice } = decodeLink(
      "#v=1&lens=Tuned&statistic=toString&unit=&layers=3&cell=1.2",
      defaults,
    );
    expect(link).toEqual({ ...defaults, pin: { row: 1, position: 2 } });
    expect(notice).toBe(
      "Part of this link was ignored: its lens is not one of logit, tuned, jacobian; " +
        "its statistic is not one of klFromFinal, entropy, crossEntropy, rank, maxProb; " +
        "its unit is not one of nats, bits; its layers is not one of 1, 2, 4.",
    );
  });

  test("takes the first of a parameter that is given twice, and says so", () => {
    expect(decodeLink("#v=1&unit=bits&unit=nats&v=2", defaults)).toEqual({
      link: { ...defaults, unit: "bits" },
      notice: "Part of this link was ignored: it says v twice; it says unit twice.",
      isUsed: true,
    });
    expect(decodeLink("#v=1&ids=1,2&prompt=Hi", defaults)).toEqual({
      link: { ...defaults, prompt: "Hi" },
      notice: "Part of this link was ignored: it has a prompt in ids too.",
      isUsed: true,
    });
  });

  test("ignores parameters that it does not know, those of every object among them", () => {
    const { link, notice } = decodeLink(
      "#v=1&__proto__=x&constructor=y&toString&hasOwnProperty=z&=&unit=bits",
      defaults,
    );
    expect(link).toEqual({ ...defaults, unit: "bits" });
    expect(Object.getPrototypeOf(link)).toBe(Object.prototype);
    expect(notice).toBe("Part of this link was ignored: 5 of its parameters are not known here.");
    expect(decodeLink(`#v=1${"&a=b".repeat(1e5)}`, defaults).notice).toMatch(/^.{1,100}$/);
  });

  test.each([
    ["markup", "<img src=x onerror=alert(1)>"],
    ["bidi and control characters", "a\u202Eb\u2066c\u0000d\u001B[31me\u007F"],
    ["a byte order mark", "\uFEFFa\uFEFF"],
    ["newlines, tabs and plus signs", "a\r\n\tb + c"],
  ])("keeps %s as text, readable or deflated", (_, prompt) => {
    for (const text of [prompt, prompt.repeat(200)]) {
      const hash = encodeLink({ ...defaults, prompt: text }, defaults);
      expect(decodeLink(hash, defaults)).toEqual({
        link: { ...defaults, prompt: text },
        notice: null,
        isUsed: true,
      });
    }
  });

  test("reads a prompt that was typed into the address, and one that a browser or a chat escaped", () => {
    const promptOf = (hash: string) => decodeLink(hash, defaults).link.prompt;
    expect(promptOf("#v=1&prompt=a b+c=d<é>")).toBe("a b+c=d<é>");
    expect(promptOf("#v=1&prompt=a\uD800b")).toBe("a\uFFFDb");
    expect(promptOf("#v=1&ids=504%2C3575")).toEqual([504, 3575]);
  });
});

test("inflating a gigabyte of zeros stops at the cap, in little time and memory", () => {
  const flushed = { finishFlush: constants.Z_SYNC_FLUSH };
  const megabyte = deflateRawSync(new Uint8Array(2 ** 20), flushed);
  const bomb = Buffer.concat([...Array(1024).fill(megabyte), deflateRawSync("")]);
  const before = process.memoryUsage().arrayBuffers;
  const start = cpuMs();
  expect(inflateUpTo(bomb, 600_000)).toBeNull();
  expect(cpuMs() - start).toBeLessThan(200);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 24);
});
