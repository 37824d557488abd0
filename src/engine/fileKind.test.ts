import { expect, test } from "vitest";

import { fileKind } from "./fileKind";

const kindOf = (name: string, ...content: BlobPart[]) =>
  fileKind({ name, blob: new Blob(content) });

test("fileKind knows safetensors by its header, whose length may begin as JSON does", async () => {
  for (const length of [8, 64, 23328, 31520, 23456, 31648, 0x5b5b5b]) {
    const head = new DataView(new ArrayBuffer(8));
    head.setUint32(0, length, true);
    expect(await kindOf("a", head, "{}".padEnd(20))).toBe("safetensors");
  }
});

test("fileKind takes JSON for JSON, with a brace at any place", async () => {
  expect(await kindOf("a.safetensors.json", '{"abcd":{"a": 1}}')).toBe("json");
  expect(await kindOf("a", '[       {"a": 1}]')).toBe("json");
  expect(await kindOf("a", "12345678{")).toBe("other");
  expect(await kindOf("a.safetensors", "12345678")).toBe("safetensors");
});
