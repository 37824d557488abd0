import type { MouseEvent } from "react";

import { examples } from "../state/examples";
import { usePage, useReading, useView } from "./stores";

/** Prompts to try: links, whose recorded readings come at once. */
export function Examples() {
  const { address } = usePage();
  const prompt = useReading((state) => (state.ids ? null : state.prompt));
  useReading((state) => state.lens); // the links say how the page looks now
  useView((state) => state.view);
  const onClick = (event: MouseEvent, wanted: string) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    void address.open(wanted);
  };
  return (
    <div className="examples">
      <span className="label" id="examples">
        Try
      </span>
      <ul aria-labelledby="examples">
        {examples.map((example) => (
          <li key={example.name}>
            <a
              href={address.hashOf(example.prompt)}
              aria-current={example.prompt === prompt || undefined}
              onClick={(event) => onClick(event, example.prompt)}
            >
              {example.label}
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}
