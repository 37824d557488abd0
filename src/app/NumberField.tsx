import { useState } from "react";

type Props = {
  /** null: nothing stands in it. */
  readonly value: number | null;
  /** What holds while nothing stands in it; a field without one needs a number. */
  readonly placeholder?: string;
  readonly min?: number;
  readonly isWhole?: boolean;
  readonly id?: string;
  readonly label?: string;
  readonly onChange: (value: number | null) => void;
};

/** A number that is typed; what is none is said to be invalid, and not taken. */
export function NumberField(props: Props) {
  const { value, placeholder, min = 0, isWhole = true, id, label, onChange } = props;
  /** What is typed while it is no number that holds. */
  const [draft, setDraft] = useState<string | null>(null);
  const onInput = (text: string) => {
    const next = text.trim() === "" ? null : Number(text);
    const isTaken =
      next === null
        ? placeholder !== undefined
        : Number.isFinite(next) && next >= min && (!isWhole || Number.isSafeInteger(next));
    // Kept while it has the focus: `0.` is on the way to 0.1, and is not to become 0 under the hand.
    setDraft(text);
    if (isTaken) onChange(next);
  };
  const shown = draft ?? (value === null ? "" : String(value));
  const isInvalid =
    draft !== null && (draft.trim() === "" ? value !== null : Number(draft) !== value);
  return (
    <input
      type="text"
      inputMode={isWhole ? "numeric" : "decimal"}
      autoComplete="off"
      className="number"
      id={id}
      aria-label={label}
      aria-invalid={isInvalid || undefined}
      placeholder={placeholder}
      value={shown}
      onChange={(event) => onInput(event.currentTarget.value)}
      onBlur={() => setDraft(null)}
    />
  );
}
