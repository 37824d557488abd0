import { nameWithUnit, statisticScale } from "../chart/statisticScale";
import { cellIndex, topTokens } from "../lens/cells";
import type { Reading } from "../lens/reading";
import type { Cell } from "../lens/view";
import { useView } from "./stores";
import { TokenText } from "./TokenText";

/** The model's own likeliest token after a position; null where it is not computed yet. */
const finalToken = (reading: Reading, { position }: Cell): string | null =>
  topTokens(reading, { row: "output", position })[0]?.text ?? null;

/** What the two curves beside the heatmap are. */
export function Captions({ reading }: { reading: Reading }) {
  const { statistic, unit } = useView((state) => state.view);
  const here = useView((state) => state.here);
  const scale = statisticScale(statistic, reading.model.vocab);
  const final = here && cellIndex(reading, here) >= 0 ? finalToken(reading, here) : null;
  return (
    <div className="captions" aria-hidden="true">
      <p>
        <b>{nameWithUnit(scale, unit)}</b>
        <small>{scale.note}</small>
      </p>
      <p className="caption-p">
        {final !== null && (
          <>
            <b>
              P(
              <TokenText text={final} />)
            </b>
            <small>final token</small>
          </>
        )}
      </p>
    </div>
  );
}
