import { deflateSync, zipSync } from "fflate";
import { describe, expect, test, vi } from "vitest";
import { crc32 } from "./crc32";
import { errorOf, fixture } from "./formatTesting";
import { openZip } from "./zip";
import { deflatedZeros, joined, record, zipOf } from "./zipTesting";

// Written by fixtures/make_npz.py with Python's zipfile.

const utf8 = (text: string) => new TextEncoder().encode(text);

const open = (bytes: Uint8Array, maxBytes = 1e6) => openZip(new Blob([bytes.slice()]), maxBytes);

/** The error of opening an archive and reading all that is in it. */
const refusal = (bytes: Uint8Array, maxBytes?: number) => errorOf(readAll(bytes, maxBytes));

async function readAll(bytes: Uint8Array, maxBytes?: number) {
  const entries = await open(bytes, maxBytes);
  const files: [string, Uint8Array][] = [];
  for (const [name, entry] of entries) files.push([name, await entry.read()]);
  return files;
}

const compressible = utf8("the same words again, ".repeat(200));

describe("openZip reads", () => {
  test("stored and deflated files, by their names, and no directories", async () => {
    const zip = zipSync({
      "b/stored": [compressible, { level: 0 }],
      "b/deflated": compressible,
      dir: {},
      "b/empty": new Uint8Array(0),
      größe: utf8("x"),
    });
    const entries = await open(zip);
    expect([...entries.keys()]).toEqual(["b/stored", "b/deflated", "b/empty", "größe"]);
    expect(entries.get("b/deflated")?.sizeBytes).toBe(4400);
    expect(await entries.get("b/stored")?.read()).toEqual(compressible);
    expect(await entries.get("b/deflated")?.read()).toEqual(compressible);
    expect(await entries.get("b/empty")?.read()).toEqual(new Uint8Array(0));
  });

  test.each(["zip64.zip", "zip64-stream.zip"])("%s as Python's zipfile wrote it", async (name) => {
    const files = await readAll(fixture(name));
    expect(files).toEqual([
      ["stored.txt", utf8("stored.txt has this line.\n".repeat(20))],
      ["deflated.txt", utf8("deflated.txt has this line.\n".repeat(20))],
    ]);
  });

  test("an archive behind other bytes, whose offsets do not count them", async () => {
    const before = utf8("#!/bin/sh\n");
    for (const zip of [fixture("zip64.zip"), zipSync({ a: compressible })]) {
      expect(await readAll(joined([before, zip]))).toEqual(await readAll(zip));
    }
  });

  test("a file behind padding that only its local header has", async () => {
    const localExtra = new Uint8Array(59);
    const zip = zipOf([{ name: "a", localExtra }, { name: "b" }]);
    expect(await readAll(zip)).toEqual([
      ["a", utf8("hello")],
      ["b", utf8("hello")],
    ]);
  });

  test("files in another order than their data, which the directory may have", async () => {
    const zip = zipOf([
      { name: "b", localName: "a", offset: 36 },
      { name: "a", localName: "b", offset: 0 },
    ]);
    expect((await readAll(zip)).map(([name]) => name)).toEqual(["a", "b"]);
  });

  test("names as they are: paths, prototypes, and bytes that are no UTF-8", async () => {
    const names = ["../../etc/passwd", "/c:\\x", "__proto__", "constructor", ""];
    const latin1 = new Uint8Array([0x67, 0x72, 0xf6, 0xdf, 0x65]);
    const entries = await open(zipOf([...names, latin1].map((name) => ({ name }))));
    expect([...entries.keys()]).toEqual([...names, "größe"]);
  });

  test("an archive of nothing", async () => {
    expect((await open(zipOf([]))).size).toBe(0);
  });

  test("data that inflates to several times what is read at once", async () => {
    const random = new Uint8Array(2e6).map((_, i) => (i * i * 2654435761) >>> 24);
    const zip = zipSync({ random, zeros: new Uint8Array(5e6) }, { level: 1 });
    const entries = await open(zip, 1e7);
    expect(crc32((await entries.get("random")?.read())!)).toBe(crc32(random));
    expect((await entries.get("zeros")?.read())?.every((byte) => byte === 0)).toBe(true);
  });

  test("what a stored deflate block holds, of 64 kB", async () => {
    const noise = new Uint8Array(200_000).map((_, i) => Math.imul(i, 2654435761) >>> 15);
    const data = deflateSync(noise, { level: 0 });
    const zip = zipOf([{ data, method: 8, size: noise.length, crc: crc32(noise) }]);
    expect(crc32((await readAll(zip))[0][1])).toBe(crc32(noise));
  });
});

describe("head", () => {
  test("is the first bytes of a file, or all where there are fewer", async () => {
    const zip = zipSync({ stored: [compressible, { level: 0 }], deflated: compressible });
    for (const entry of (await open(zip, 0)).values()) {
      expect(await entry.head(10)).toEqual(compressible.slice(0, 10));
      expect(await entry.head(0)).toEqual(new Uint8Array(0));
      expect(await entry.head(1e9)).toEqual(compressible);
    }
  });

  test("unpacks no more of a bomb than a megabyte", async () => {
    const blob = new Blob([
      zipOf([{ data: deflatedZeros(100), method: 8, size: 100 << 20 }]).slice(),
    ]);
    const read = vi.spyOn(blob, "slice");
    const entry = (await openZip(blob, 1e6)).get("a");
    read.mockClear();
    expect(await entry?.head(128)).toEqual(new Uint8Array(128));
    expect(read.mock.calls.map(([start, end]) => end! - start!)).toEqual([31, 2 ** 14]);
  });

  test("reads what begins with blocks of nothing in large pieces, and gives up soon", async () => {
    const nothing = new Uint8Array([0, 0, 0, 0xff, 0xff]); // an empty stored block
    const data = joined(new Array<Uint8Array>(40_000).fill(nothing));
    const blob = new Blob([zipOf([{ data, method: 8, size: 1 }]).slice()]);
    const read = vi.spyOn(blob, "slice");
    const entry = (await openZip(blob, 1e6)).get("a");
    read.mockClear();
    expect(await entry?.head(128)).toEqual(new Uint8Array(0));
    expect(read.mock.calls.length).toBeLessThan(12);
  });

  test("is damaged where its data is", async () => {
    const zip = zipOf([{ data: new Uint8Array([7, 7, 7]), method: 8, size: 100 }]);
    const entry = (await open(zip)).get("a");
    expect(await errorOf(entry!.head(10))).toBe(
      "a is damaged: it does not unpack (invalid block type).",
    );
  });
});

describe("an archive is refused", () => {
  test("that is none", async () => {
    for (const bytes of [utf8(""), utf8("PK"), utf8("<!doctype html>"), new Uint8Array(1e5)]) {
      expect(await refusal(bytes)).toContain("This is no zip archive, or one that is cut short");
    }
    expect(await refusal(joined([zipOf([{}]), utf8("x")]))).toContain("no zip archive");
  });

  test.each(["zip64.zip", "zip64-stream.zip"])("wherever %s is cut short", async (name) => {
    const zip = fixture(name);
    for (let length = 0; length < zip.length; ++length) await refusal(zip.subarray(0, length));
  });

  test("that is encrypted, by name", async () => {
    for (const flags of [1, 0x41, 0x2000]) {
      expect(await refusal(zipOf([{ name: "params.pt", flags }]))).toBe(
        "params.pt is encrypted in the zip archive. Unpack it, and open what was in it.",
      );
    }
  });

  test("that is packed by another method, by its number", async () => {
    expect(await refusal(zipOf([{ name: "params.pt", method: 93 }]))).toBe(
      "params.pt is packed by method 93 in the zip archive; stored (0) and deflated (8) are read. Unpack it, and open what was in it.",
    );
  });

  test("that is a part of a split one", async () => {
    expect(await refusal(zipOf([{}], { disk: 1 }))).toContain("one part of a split zip archive");
    expect(await refusal(zipOf([{ disk: 1 }]))).toContain("in another part of a split zip archive");
    const zip64 = fixture("zip64.zip");
    zip64[zip64.length - 19 - 22 - 4] = 2; // there are two parts, its locator says
    expect(await refusal(zip64)).toContain("split");
  });

  test("that holds a name twice", async () => {
    const zip = zipOf([{ name: "params.pt" }, { name: "params.pt" }]);
    expect(await refusal(zip)).toContain("holds params.pt twice");
  });

  test("whose files overlap", async () => {
    expect(await refusal(zipOf([{}, { name: "b", offset: 0 }]))).toMatch(
      /(a and b|b and a) overlap/,
    );
    expect(await refusal(zipOf([{ packed: 37 }, { name: "b" }]))).toContain("a and b overlap");
  });

  test("whose local header is so long that the data is the next file's", async () => {
    const zip = zipOf([{ data: utf8("") }, { name: "b" }]);
    zip[28] = 1; // a byte of padding, which is the next header's first
    expect(await refusal(zip)).toContain("a ends at byte 32, where the next part begins at 31");
  });

  test("whose files lie outside of it", async () => {
    expect(await refusal(zipOf([{ packed: 6 }]))).toContain("a goes past byte 36");
    expect(await refusal(zipOf([{ offset: 7 }]))).toContain("goes past byte 36");
    expect(await refusal(zipOf([{ offset: 4e9 }]))).toContain("goes past byte 36");
    expect(await refusal(zipOf([{ packed: 4e9 }]))).toContain("goes past byte 36");
  });

  test("whose directory does not hold together", async () => {
    expect(await refusal(zipOf([{}], { directoryAt: 1 }))).toContain("would go past its end");
    expect(await refusal(zipOf([{}], { directoryBytes: 1e6 }))).toContain("would go past its end");
    expect(await refusal(zipOf([{}], { directoryBytes: 4e7 }))).toContain("that is too much");
    expect(await refusal(zipOf([{}], { directoryBytes: -1, directoryAt: 1 }))).toContain(
      "together",
    );
    expect(await refusal(zipOf([{}], { directoryBytes: 1, directoryAt: -1 }))).toContain(
      "together",
    );
    for (const rest of [utf8("PK"), joined([record([4, 0x02014b50]), new Uint8Array(30)])]) {
      const zip = zipOf([{}], { directoryBytes: rest.length });
      const longer = joined([zip.slice(0, -22), rest, zip.slice(-22)]);
      expect(await refusal(longer)).toContain("together");
    }
    for (const lengthAt of [28, 30, 32]) {
      const zip = zipOf([{}]);
      zip[36 + lengthAt] += 90; // the name, the extra fields or the comment, longer than the rest
      expect(await refusal(zip)).toContain("together");
    }
    expect(await refusal(zipOf([{}], { count: 2 }))).toContain("holds 2 files, and lists 1");
    expect(await refusal(zipOf([{}, { name: "b" }], { count: 1 }))).toContain("lists 2");
  });

  test("of more files, or longer names, than anything here has", async () => {
    const one = zipOf([{}], { directoryBytes: 47 * 100_000 });
    const [before, header, end] = [one.slice(0, 36), one.slice(36, -22), one.slice(-22)];
    const many = joined([before, ...new Array<Uint8Array>(100_001).fill(header), end]);
    expect(await refusal(many)).toContain("more than 100000 files");
    expect(await refusal(zipOf([{ name: "x".repeat(256) }]))).toContain("256 bytes: that is too");
  });

  test("whose zip64 fields are missing or do not agree", async () => {
    const large = { size: 0xffffffff, packed: 0xffffffff };
    expect(await refusal(zipOf([large]))).toContain("the zip64 sizes of a are missing");
    for (const extra of [record([2, 1], [2, 8], [8, 5]), record([2, 1], [2, 90]), record([2, 1])]) {
      expect(await refusal(zipOf([{ ...large, extra }]))).toContain("zip64 sizes of a are missing");
    }
    const short = record([2, 9], [2, 1], [2, 0]);
    expect(await refusal(zipOf([{ ...large, extra: short }]))).toContain("missing");

    const zip64 = fixture("zip64.zip");
    const recordAt = zip64.length - 19 - 22 - 20 - 56;
    const changed = (at: number) => zip64.map((byte, i) => (i === at ? byte ^ 4 : byte));
    expect(await refusal(changed(recordAt))).toContain("not where it should be");
    expect(await refusal(changed(recordAt + 56 + 8))).toContain("not where it should be");
    expect(await refusal(changed(recordAt + 32))).toContain("two end records do not agree");
    expect(await refusal(changed(recordAt + 40))).toContain("two end records do not agree");
    expect(await refusal(changed(recordAt + 48))).toContain("two end records do not agree");
  });

  test("with its names made fit for a sentence", async () => {
    const name = "a\u202e\n. b";
    const shown = "a\ufffd\ufffd.␣b";
    const twice = [{ name }, { name }];
    const overlap = [{ name }, { name: "b", offset: 3 }];
    const unlike = [{ name, localMethod: 8 }];
    const cases = [[{ name, flags: 1 }], [{ name, method: 9 }], twice, overlap, unlike];
    for (const files of [...cases, [{ name, crc: 7 }], [{ name, size: 4 }], [{ name, disk: 1 }]]) {
      const message = await refusal(zipOf(files));
      expect(message).toContain(shown);
      expect(message).not.toMatch(/\p{C}/u);
    }
    const data = utf8("hello");
    expect(await refusal(zipOf([{ name, data, method: 8, size: 9 }]))).toContain(shown);
    expect(await refusal(zipOf([{ name }]), 1)).toContain(`${shown} unpacks to 5 bytes`);
  });

  test("when it cannot be read any more", async () => {
    const blob = new Blob([zipOf([{}]).slice()]);
    const entry = (await openZip(blob, 100)).get("a");
    vi.spyOn(blob, "slice").mockImplementation(() => {
      throw new DOMException("A requested file could not be found", "NotFoundError");
    });
    expect(await errorOf(entry!.read())).toBe(
      "The file cannot be read any more: A requested file could not be found. Open it again.",
    );
    vi.spyOn(blob, "slice").mockImplementation(() => new Blob(["PK"]));
    expect(await errorOf(entry!.read())).toBe("The file ends at byte 2, before 31.");
  });
});

describe("a file is refused", () => {
  test("whose local header has another name or method", async () => {
    const message = /says that a is at byte 0, and the header there is another file's/;
    expect(await refusal(zipOf([{ localName: "b" }]))).toMatch(message);
    expect(await refusal(zipOf([{ localName: "ab" }]))).toMatch(message);
    expect(await refusal(zipOf([{ localMethod: 8 }]))).toMatch(message);
    const bytes = zipOf([{}]);
    bytes[0] = 0;
    expect(await refusal(bytes)).toMatch(message);
    const encrypted = zipOf([{}]);
    encrypted[6] = 1;
    expect(await refusal(encrypted)).toMatch(message);
  });

  test("whose checksum differs, stored or deflated", async () => {
    const message = "a is damaged: its checksum is not the one that the zip archive says.";
    expect(await refusal(zipOf([{ crc: 7 }]))).toContain(message);
    const deflated = { data: deflateSync(compressible), method: 8, size: compressible.length };
    expect(await refusal(zipOf([deflated]))).toContain(message);
  });

  test("of another size than the directory says", async () => {
    expect(await refusal(zipOf([{ size: 4 }]))).toContain("a has 4 bytes, stored as they are in 5");
    const deflated = { data: deflateSync(compressible), method: 8, crc: crc32(compressible) };
    expect(await refusal(zipOf([{ ...deflated, size: 4399 }]))).toContain("more than the 4399");
    expect(await refusal(zipOf([{ ...deflated, size: 4401 }]))).toContain("unpacks to 4400 bytes");
  });

  test("whose data is no deflate data, or does not end", async () => {
    const data = deflateSync(compressible);
    const deflated = { method: 8, size: 4400, crc: crc32(compressible) };
    expect(await refusal(zipOf([{ ...deflated, data: data.slice(0, -1) }]))).toContain(
      "does not unpack (unexpected EOF)",
    );
    expect(await refusal(zipOf([{ ...deflated, data: utf8("hello") }]))).toContain("a is damaged");
    expect(await refusal(zipOf([{ ...deflated, data: utf8("") }]))).toContain("unpacks to 0 bytes");
  });

  test("whose data goes on after its end, before all of that is read", async () => {
    const data = joined([deflateSync(compressible), new Uint8Array(3 * 2 ** 20)]);
    const file = { data, method: 8, size: 4400, crc: crc32(compressible) };
    const blob = new Blob([zipOf([file]).slice()]);
    const read = vi.spyOn(blob, "slice");
    const entry = (await openZip(blob, 1e6)).get("a");
    expect(await errorOf(entry!.read())).toBe("a is damaged: its data goes on after its end.");
    expect(read.mock.lastCall).toEqual([31, 31 + 2 ** 20]);
  });

  test("that unpacks to more than may be, together with those before it", async () => {
    const entries = await open(zipSync({ a: compressible, b: compressible }), 8799);
    await entries.get("a")?.read();
    await entries.get("a")?.read(); // counts once
    expect(await errorOf(entries.get("b")!.read())).toBe(
      "b unpacks to 4400 bytes, and 4399 are left of the 8799 that may be unpacked of this zip archive.",
    );
  });

  test("that is a bomb, before it goes off", async () => {
    const data = deflatedZeros(4000);
    expect(data.length).toBeLessThan(5e6);
    const honest = zipOf([{ data, method: 8, size: 4000 * 2 ** 20 }]);
    expect(await refusal(honest, 1e7)).toContain("unpacks to 4194304000 bytes");

    const blob = new Blob([zipOf([{ data, method: 8, size: 1e6 }]).slice()]);
    const read = vi.spyOn(blob, "slice");
    const entry = (await openZip(blob, 1e7)).get("a");
    expect(await errorOf(entry!.read())).toContain("more than the 1000000 bytes");
    expect(read.mock.lastCall).toEqual([31, 31 + 2 ** 20]); // the first slice, of which the first piece is enough
  });

  test("that there is no memory for, deflated", async () => {
    const zeros = new Uint8Array(3 << 20);
    const file = { data: deflateSync(zeros), method: 8, size: zeros.length, crc: crc32(zeros) };
    const entry = (await open(zipOf([file]), 1e7)).get("a");
    const small = new Proxy(Uint8Array, {
      construct(target, args) {
        if (args[0] > 1 << 20) throw new RangeError("Array buffer allocation failed");
        return Reflect.construct(target, args);
      },
    });
    vi.stubGlobal("Uint8Array", small);
    const message = await errorOf(entry!.read()).finally(() => vi.unstubAllGlobals());
    expect(message).toMatch(/^There is no memory here for the 3145728 bytes that a unpacks to\./);
    expect((await entry!.read()).length).toBe(zeros.length);
  });

  test("that claims a size which no memory holds, without setting it aside", async () => {
    const extra = record([2, 1], [2, 8], [8, 2 ** 53]);
    const file = { data: deflateSync(compressible), method: 8, size: 0xffffffff, extra };
    const zip = zipOf([file]);
    expect(await refusal(zip, Number.POSITIVE_INFINITY)).toContain(
      "a is damaged: it unpacks to 4400 bytes, and the zip archive says 9007199254740992.",
    );
  });
});
