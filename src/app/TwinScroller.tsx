import type { ReactNode } from "react";

/**
 * A table that may be wider than its place and scrolls in it.
 *
 * @param label what the table is of
 */
export function TwinScroller({ label, children }: { label: string; children: ReactNode }) {
  return (
    // A table that scrolls has to be reached by the keyboard too.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scroller without controls in it
    <div className="twin-scroller" role="region" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}
