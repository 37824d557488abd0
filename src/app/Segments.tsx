import { useId } from "react";

type Segment<Value extends string> = {
  readonly value: Value;
  readonly name: string;
  /** Why it cannot be had now; it is drawn fainter, and can be chosen all the same. */
  readonly missing?: string | null;
};

/** One choice of a few, all in sight: the browser's own radio buttons, side by side. */
export function Segments<Value extends string>(props: {
  readonly label: string;
  readonly options: readonly Segment<Value>[];
  readonly value: Value;
  readonly isDisabled?: boolean;
  readonly onChange: (value: Value) => void;
}) {
  const { label, options, value, isDisabled = false, onChange } = props;
  const id = useId();
  return (
    <div className="field">
      <span className="label" id={id}>
        {label}
      </span>
      <div
        className="segments"
        role="radiogroup"
        aria-labelledby={id}
        aria-disabled={isDisabled || undefined}
      >
        {options.map(({ value: own, name, missing }) => (
          <label key={own} className={missing ? "is-missing" : undefined}>
            <input
              type="radio"
              name={id}
              checked={own === value}
              disabled={isDisabled}
              title={missing ?? undefined}
              onChange={() => onChange(own)}
            />
            <span>{name}</span>
          </label>
        ))}
      </div>
    </div>
  );
}
