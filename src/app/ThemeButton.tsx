import { useTheme } from "./stores";

export function ThemeButton() {
  const choice = useTheme((state) => state.choice);
  const turn = useTheme((state) => state.turn);
  const name = `Theme: ${choice ?? "as the system"}`;
  return (
    <button type="button" className="theme icon" aria-label={name} title={name} onClick={turn}>
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        <circle cx="8" cy="8" r="6.25" fill="none" stroke="currentColor" strokeWidth="1.5" />
        <path d="M8 2a6 6 0 0 1 0 12z" fill="currentColor" />
      </svg>
    </button>
  );
}
