import type { ReactNode } from "react";

/** A button that does nothing while it is off, and keeps the focus: one that is disabled would drop it. */
export function ActionButton(props: {
  readonly id?: string;
  readonly look?: "primary" | "secondary";
  readonly isOff: boolean;
  readonly onPress: () => void;
  readonly children: ReactNode;
}) {
  const { id, look = "secondary", isOff, onPress, children } = props;
  return (
    <button
      type="button"
      id={id}
      className={look}
      aria-disabled={isOff || undefined}
      onClick={isOff ? undefined : onPress}
    >
      {children}
    </button>
  );
}
