import type { ReactNode } from "react";

import { commas, natsOrBits } from "../chart/numbers";
import { hasCell, statisticAt } from "../lens/cells";
import type { Reading } from "../lens/reading";
import type { Cell } from "../lens/view";
import { useReading, useView } from "./stores";
import { TokenText } from "./TokenText";

/** Every number of a cell; the logit lens's divergence always beside that of the lens in use. */
export function CellNumbers({ reading, cell }: { reading: Reading; cell: Cell }) {
  const logit = useReading((state) => state.logit);
  const { unit } = useView((state) => state.view);
  const { vocab } = reading.model;
  const inUnit = (nats: number) => (Number.isNaN(nats) ? "…" : `${natsOrBits(nats, unit)} ${unit}`);
  const next = reading.tokens[cell.position + 1];
  const rank = statisticAt(reading, "rank", cell);
  const hasLogit = reading.lens.kind !== "logit" && logit !== null && hasCell(logit, cell);

  const numbers: (readonly [key: string, name: ReactNode, value: string])[] = [
    ["kl", `KL(final ‖ ${reading.lens.kind})`, inUnit(statisticAt(reading, "klFromFinal", cell))],
    ...(hasLogit
      ? [["logit", "KL(final ‖ logit)", inUnit(statisticAt(logit, "klFromFinal", cell))] as const]
      : []),
    ["entropy", "Entropy", inUnit(statisticAt(reading, "entropy", cell))],
    ...(next
      ? ([
          [
            "crossEntropy",
            <Of key="of" what="Cross entropy" token={next.text} />,
            inUnit(statisticAt(reading, "crossEntropy", cell)),
          ],
          [
            "rank",
            <Of key="of" what="Rank" token={next.text} />,
            Number.isNaN(rank) ? "…" : `${commas(rank)} of ${commas(vocab)}`,
          ],
        ] as const)
      : [["next", "Next token", "none: end of prompt"] as const]),
  ];
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
