import { commas } from "../chart/numbers";
import { clampNats, statisticScale } from "../chart/statisticScale";
import { useView } from "./stores";

/** What the heatmap's signs mean. */
export function Key({ vocab }: { vocab: number }) {
  const { statistic, unit } = useView((state) => state.view);
  const clamp = unit === "nats" ? clampNats : Math.floor(clampNats / Math.LN2);
  const uniform =
    unit === "nats"
      ? `${Math.log(vocab).toFixed(1)} nats = ln ${commas(vocab)}`
      : `${Math.log2(vocab).toFixed(1)} bits = log₂ ${commas(vocab)}`;
  return (
    <div className="key">
      <h2>Key</h2>
      <ul>
        <li>
          <i className="sign key-outline" />
          outlined, bold: already the model’s likeliest token
        </li>
        {statisticScale(statistic, vocab).isClamped && (
          <li>
            <i className="sign key-clamp" />
            {clamp} {unit} and more are drawn as {clamp}
          </li>
        )}
        {statistic === "klFromFinal" && (
          <li>
            <i className="sign key-uniform" />
            {uniform}: a uniform guess is never further off
          </li>
        )}
        <li className="keys">
          <kbd>p</kbd>
          pins a cell; arrows move, Esc lets go
        </li>
      </ul>
    </div>
  );
}
