import { DraftField } from "./DraftField";
import { numberFrom, numberRefusal } from "./typedNumber";

type Props = {
  /** null: nothing stands in it. */
  readonly value: number | null;
  /** What holds while nothing stands in it; a field without one needs a number. */
  readonly placeholder?: string;
  /** `Number.MIN_VALUE`: above 0. */
  readonly min?: number;
  readonly max?: number;
  readonly isWhole?: boolean;
  readonly id?: string;
  /** In place of what its label says. */
  readonly label?: string;
  readonly onChange: (value: number | null) => void;
};

/** A number that is typed. */
export function NumberField(props: Props) {
  const { value, placeholder, min = 0, max = Number.POSITIVE_INFINITY, isWhole = true } = props;
  const taken = { isWhole, min, max, mayBeEmpty: placeholder !== undefined };
  return (
    <DraftField
      value={value}
      words={value === null ? "" : String(value)}
      valueFrom={(text) => numberFrom(text, taken)}
      refusalOf={(text) => numberRefusal(text, taken)}
      placeholder={placeholder}
      inputMode={isWhole ? "numeric" : "decimal"}
      id={props.id}
      label={props.label}
      onChange={props.onChange}
    />
  );
}
