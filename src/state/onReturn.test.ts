import { expect, test, vi } from "vitest";

import { onReturn } from "./onReturn";

test("onReturn acts at once, when the page is seen again and when it has the focus again, until it is ended", () => {
  const page = Object.assign(new EventTarget(), {
    visibilityState: "visible" as DocumentVisibilityState,
  });
  const frame = new EventTarget();
  const act = vi.fn();
  const end = onReturn(act, page, frame);
  expect(act).toHaveBeenCalledTimes(1);

  page.visibilityState = "hidden";
  page.dispatchEvent(new Event("visibilitychange"));
  expect(act).toHaveBeenCalledTimes(1);
  page.visibilityState = "visible";
  page.dispatchEvent(new Event("visibilitychange"));
  expect(act).toHaveBeenCalledTimes(2);
  frame.dispatchEvent(new Event("focus"));
  expect(act).toHaveBeenCalledTimes(3);

  end();
  page.dispatchEvent(new Event("visibilitychange"));
  frame.dispatchEvent(new Event("focus"));
  expect(act).toHaveBeenCalledTimes(3);
});
