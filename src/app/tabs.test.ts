import { expect, test } from "vitest";

import { tabFrom, withTab } from "./tabs";

test("tabFrom opens the Train tab where the address says so, and Read otherwise", () => {
  expect(tabFrom("?tab=train&backend=wasm")).toBe("train");
  expect(tabFrom("?tab=other")).toBe("read");
  expect(tabFrom("")).toBe("read");
});

test("withTab says the tab in the search, and leaves the rest of the address alone", () => {
  const address = "https://a.example/m/?backend=wasm#p=The%20sea";
  const train = withTab(address, "train");
  expect(train).toBe("https://a.example/m/?backend=wasm&tab=train#p=The%20sea");
  expect(withTab(train, "read")).toBe(address);
  expect(withTab("https://a.example/?tab=train", "read")).toBe("https://a.example/");
});

test("withTab changes no letter of an address that says it already", () => {
  const address = "https://a.example/?x=a+b&y#%7e";
  expect(withTab(address, "read")).toBe(address);
});
