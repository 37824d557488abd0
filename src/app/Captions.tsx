import { nameWithUnit, statisticScale } from "../chart/statisticScale";
import { finalToken, hasCell } from "../lens/cells";
import type { Reading } from "../lens/reading";
import { useView } from "./stores";
import { TokenText } from "./TokenText";

/** What the two curves beside the heatmap are. */
export function Captions({ reading }: { reading: Reading }) {
  const { statistic, unit } = useView((state) => state.view);
  const here = useView((state) => state.here);
  const scale = statisticScale(statistic, reading.model.vocab);
  const final = here && hasCell(reading, here) ? finalToken(reading, here.position) : null;
  return (
    <div className="captions" aria-hidden="true">
      <p>
        <b>{nameWithUnit(scale, unit)}</b>
        <small>{scale.note}</small>
      </p>
      <p className="caption-p">
        {final && (
          <>
            <b>
              P(
              <TokenText text={final.text} />)
            </b>
            <small>final token</small>
          </>
        )}
      </p>
    </div>
  );
}
