import { useId, useState } from "react";

import { type Draft, typed } from "./draft";
import { useRested } from "./useRested";

type Props<T> = {
  readonly value: T;
  /** The value as it is typed. */
  readonly words: string;
  /** @returns undefined where a text is not taken */
  readonly valueFrom: (text: string) => T | undefined;
  /** Why it is not, a sentence. */
  readonly refusalOf: (text: string) => string;
  readonly placeholder?: string;
  readonly inputMode?: "numeric" | "decimal";
  readonly id?: string;
  readonly label?: string;
  readonly onChange: (value: T) => void;
};

/** What is typed is on the way to something: `0.` to 0.1. It is refused once the hand rests. */
const restMs = 600;

/** A value that is typed. What is not taken is said, and leaves the value that was there before. */
export function DraftField<T>(props: Props<T>) {
  const { value, words, valueFrom, refusalOf, placeholder, inputMode, id, label, onChange } = props;
  const [last, setLast] = useState<Draft<T> | null>(null);
  /** What was typed and not taken, when the field was left: the value is back, and this says why. */
  const [left, setLeft] = useState<string | null>(null);
  const draft = last?.held === value ? last : null; // a script, or another field, has set another
  const refused = draft && !draft.isTaken ? draft.text : null;
  const rested = useRested(refused, restMs);
  const isInvalid = refused !== null && refused === rested;
  const said = isInvalid ? refused : left;
  const sentence = useId();
  const onInput = (text: string) => {
    const next = typed(draft, text, value, valueFrom);
    setLast(next);
    setLeft(null);
    if (next.held !== value) onChange(next.held);
  };
  const onLeave = () => {
    setLast(null);
    setLeft(refused);
  };
  return (
    <span className="drafted">
      <input
        type="text"
        inputMode={inputMode}
        autoComplete="off"
        className="number"
        id={id}
        aria-label={label}
        aria-invalid={isInvalid || undefined}
        aria-describedby={said === null ? undefined : sentence}
        placeholder={placeholder}
        value={draft?.text ?? words}
        onChange={(event) => onInput(event.currentTarget.value)}
        onBlur={onLeave}
      />
      <small id={sentence} aria-live="polite">
        {said !== null && refusalOf(said)}
      </small>
    </span>
  );
}
