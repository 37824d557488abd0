import type { ReceiptRow } from "./receiptWords";
import "./receipt.css";

/** What a lens is made of, row by row. */
export function ReceiptList({ rows }: { rows: readonly ReceiptRow[] }) {
  return (
    <dl className="receipt-list">
      {rows.map(({ name, lines, isLastStrong }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {lines.map((line, i) =>
              isLastStrong && i === lines.length - 1 ? (
                <b key={line}>{line}</b>
              ) : (
                <span key={line}>{line}</span>
              ),
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}
