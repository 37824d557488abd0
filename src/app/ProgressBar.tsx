/** How far something is, between 0 and 1; null where nobody knows. */
export function ProgressBar({ label, share }: { label: string; share: number | null }) {
  return (
    <div
      className="progress-bar"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={share === null ? undefined : Math.floor(share * 100)}
    >
      <i style={{ width: `${(share ?? 0) * 100}%` }} />
    </div>
  );
}
