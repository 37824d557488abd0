import { createElement, Fragment } from "react";

import { readable } from "./tokenText";

const marks: Readonly<Record<string, { readonly name: string; readonly sign: string }>> = {
  " ": { name: "space", sign: "␣" },
  "\n": { name: "newline", sign: "⏎" },
  "\t": { name: "tab", sign: "⇥" },
};

/** One character drawn; the sign inside is what a copy of the text holds. */
const drawn = ({ name, sign }: { name: string; sign: string }) => (
  <i className={`mark mark-${name}`} aria-hidden="true">
    {sign}
  </i>
);

/** A token with its spaces, newlines and tabs drawn, so that they look alike on every system. */
export function TokenText({ text }: { text: string }) {
  const parts = readable(text).split(/([ \n\t])/);
  return createElement(
    Fragment,
    null,
    ...parts.map((part) => (marks[part] ? drawn(marks[part]) : part)),
  );
}
