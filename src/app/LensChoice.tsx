import { type LensKind, shownOnPage } from "../state/readingStore";
import { useReading } from "./useReading";

const lenses: readonly { kind: LensKind; name: string }[] = [
  { kind: "logit", name: "Logit" },
  { kind: "tuned", name: "Tuned" },
];

export function LensChoice() {
  const lens = useReading((state) => state.lens);
  const choose = useReading((state) => state.choose);
  const hasReading = useReading((state) => state.reading !== null);
  return (
    <div className="controls">
      <div className="field">
        <span className="label" id="lens-label">
          Lens
        </span>
        <div className="segments" role="radiogroup" aria-labelledby="lens-label">
          {lenses.map(({ kind, name }) => (
            <label key={kind}>
              <input
                type="radio"
                name="lens"
                checked={lens === kind}
                onChange={() => void shownOnPage(choose(kind))}
              />
              <span>{name}</span>
            </label>
          ))}
        </div>
      </div>
      {hasReading && (
        <p className="key">
          A cell holds the likeliest next token, <b>bold</b> where it is the model’s own, and
          KL(final ‖ lens) in nats.
        </p>
      )}
    </div>
  );
}
