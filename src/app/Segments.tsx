import { useId } from "react";

/** One choice of a few, all in sight: the browser's own radio buttons, side by side. */
export function Segments<Value extends string>(props: {
  readonly label: string;
  readonly options: readonly { readonly value: Value; readonly name: string }[];
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
        {options.map((option) => (
          <label key={option.value}>
            <input
              type="radio"
              name={id}
              checked={option.value === value}
              disabled={isDisabled}
              onChange={() => onChange(option.value)}
            />
            <span>{option.name}</span>
          </label>
        ))}
      </div>
    </div>
  );
}
