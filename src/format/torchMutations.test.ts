import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";

import { FormatError } from "../errors";
import { cpuMs } from "../math/cpuTesting";
import { errorOf } from "./formatTesting";
import { openTorch } from "./torch";
import { fixture, folder, megabyte, open } from "./torchTesting";
import { openZip } from "./zip";
import { zipBlob } from "./zipWriter";

test("every truncation of a file of either container is a FormatError", async () => {
  for (const name of ["tuned.pt", "tuned-legacy.pt"]) {
    const bytes = fixture(name);
    for (let length = 0; length < bytes.length; ++length) {
      await errorOf(open(bytes.slice(0, length)));
    }
  }
});

describe("a file with any bytes changed is read or is a FormatError, soon", () => {
  let state = 1;
  const random = (below: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
  const change = (bytes: Uint8Array) => {
    for (let left = random(3); left >= 0; --left) bytes[random(bytes.length)] = random(256);
  };
  const isRead = async (blob: Blob) => {
    const start = cpuMs();
    try {
      const source = await openTorch(blob, megabyte);
      for (const path of source.tensors.keys()) {
        await source.read(path).catch((error) => expect(error).toBeInstanceOf(FormatError));
      }
      return true;
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError);
      return false;
    } finally {
      expect(cpuMs() - start).toBeLessThan(2000);
    }
  };
  const seeds = readdirSync(folder).filter((name) => name.endsWith(".pt"));

  test("in either container", async () => {
    let read = 0;
    for (let round = 0; round < 2000; ++round) {
      const bytes = fixture(seeds[round % seeds.length]);
      change(bytes);
      if (await isRead(new Blob([bytes]))) ++read;
    }
    expect(read).toBeGreaterThan(100); // or only headers were ever looked at
  });

  test("in the pickle of an archive whose checksums are right", async () => {
    const archives = await Promise.all(
      ["tuned.pt", "dtypes.pt", "views.pt", "jacobian.pt", "protocol-4.pt"].map(async (name) => {
        const entries = await openZip(new Blob([fixture(name)]), megabyte);
        return Promise.all(
          Array.from(entries.values(), async (entry) => ({
            name: entry.name,
            data: await entry.read(),
          })),
        );
      }),
    );
    let read = 0;
    for (let round = 0; round < 2000; ++round) {
      const files = archives[round % archives.length].map(({ name, data }) => {
        const copy = data.slice();
        if (name.endsWith("data.pkl")) change(copy);
        return { name, data: [copy] };
      });
      if (await isRead(await zipBlob(files))) ++read;
    }
    expect(read).toBeGreaterThan(100);
  });
});
