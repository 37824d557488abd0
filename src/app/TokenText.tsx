import { createElement, Fragment } from "react";

import { type Mark, tokenParts } from "../chart/tokenMarks";

/** One character drawn; the sign inside is what a copy of the text holds. */
const drawn = ({ name, sign }: Mark) => (
  <i className={`mark mark-${name}`} aria-hidden="true">
    {sign}
  </i>
);

/** A token with its spaces, newlines and tabs drawn, so that they look alike on every system. */
export function TokenText({ text }: { text: string }) {
  const parts = tokenParts(text).map((part) => (typeof part === "string" ? part : drawn(part)));
  return createElement(Fragment, null, ...parts);
}
