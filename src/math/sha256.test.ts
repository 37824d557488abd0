import { afterEach, expect, test, vi } from "vitest";

import { sha256 } from "./sha256";

afterEach(() => vi.unstubAllGlobals());

test.each(["the browser's digest", "no digest, as over plain http"])(
  "sha256 with %s is that of FIPS 180-4's examples",
  async (which) => {
    if (which.startsWith("no")) vi.stubGlobal("crypto", {});
    expect(await sha256(new TextEncoder().encode("abc"))).toBe(
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
    expect(await sha256(new Uint8Array())).toMatch(/^e3b0c44298fc1c149afbf4c8996fb924/);
  },
);
