import { expect } from "vitest";

import { defaultView } from "../lens/view";
import { decodeLink, encodeLink, type Link } from "./link";

export const defaults: Link = {
  ...defaultView,
  prompt: "The capital of France is",
  lens: "tuned",
  lensFile: null,
  model: null,
  pin: null,
};

/** A hash is how a link is written, and says it again. */
export function expectSame(hash: string, link: Partial<Link>): void {
  expect(encodeLink({ ...defaults, ...link }, defaults)).toBe(hash);
  expect(decodeLink(hash, defaults)).toEqual({
    link: { ...defaults, ...link },
    notice: null,
    isUsed: true,
  });
}
