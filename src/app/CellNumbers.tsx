import type { ReactNode } from "react";

import { commas, natsOrBits } from "../chart/numbers";
import { hasCell, isWhole, isWithoutLens, statisticAt } from "../lens/cells";
import { lensKindName } from "../lens/lensKind";
import type { Reading, StatisticName } from "../lens/reading";
import type { Cell } from "../lens/view";
import { useReading, useView } from "./stores";
import { TokenText } from "./TokenText";

type Named = readonly [key: string, name: ReactNode, value: string];

/**
 * Every number of a cell; the logit lens's divergence always beside that of the lens in use, and alone
 * where that one has none.
 */
export function CellNumbers({ reading, cell }: { reading: Reading; cell: Cell }) {
  const logit = useReading((state) => state.logit);
  const { unit } = useView((state) => state.view);
  const { vocab } = reading.model;
  const said = (from: Reading, name: StatisticName, say: (value: number) => string) => {
    const value = statisticAt(from, name, cell);
    if (!Number.isNaN(value)) return say(value);
    return isWhole(from) ? "not in this file" : "…";
  };
  const inUnit = (nats: number) => `${natsOrBits(nats, unit)} ${unit}`;
  const next = reading.tokens[cell.position + 1];
  const hasLogit = reading.lens.kind !== "logit" && logit !== null && hasCell(logit, cell);

  const beside: Named[] = hasLogit
    ? [["logit", "KL(final ‖ logit)", said(logit, "klFromFinal", inUnit)]]
    : [];
  const own: Named[] = [
    ["kl", `KL(final ‖ ${lensKindName[reading.lens.kind]})`, said(reading, "klFromFinal", inUnit)],
    ...beside,
    ["entropy", "Entropy", said(reading, "entropy", inUnit)],
    ...(next
      ? ([
          [
            "crossEntropy",
            <Of key="of" what="Cross entropy" token={next.text} />,
            said(reading, "crossEntropy", inUnit),
          ],
          [
            "rank",
            <Of key="of" what="Rank" token={next.text} />,
            said(reading, "rank", (rank) => `${commas(rank)} of ${commas(vocab)}`),
          ],
        ] as const)
      : [["next", "Next token", "none: end of prompt"] as const]),
  ];
  const numbers = isWithoutLens(reading, cell.row) ? beside : own;
  if (numbers.length === 0) return null;
  return (
    <dl className="numbers">
      {numbers.map(([key, name, value]) => (
        <div key={key}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Of({ what, token }: { what: string; token: string }) {
  return (
    <>
      {what} of{" "}
      <b>
        <TokenText text={token} />
      </b>
    </>
  );
}
