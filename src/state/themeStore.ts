import { createStore } from "zustand/vanilla";

export type Theme = "light" | "dark";

/** The choice of a visitor; null is the system's. */
export type ThemeChoice = Theme | null;

export type ThemeState = {
  readonly choice: ThemeChoice;
  readonly system: Theme;
  /** Goes on to the next choice. */
  turn(): void;
};

const key = "midthought-theme";

/** What the switch turns to: the system's opposite, then the system's own by choice, then the system. */
export function nextTheme(choice: ThemeChoice, system: Theme): ThemeChoice {
  const opposite = system === "dark" ? "light" : "dark";
  if (choice === null) return opposite;
  return choice === opposite ? system : null;
}

/** The page's colours, by the system and by choice; the choice is kept on this machine. */
export function createThemeStore() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const systemTheme = (): Theme => (dark.matches ? "dark" : "light");
  const store = createStore<ThemeState>()((set, get) => ({
    choice: keptChoice(),
    system: systemTheme(),
    turn() {
      const choice = nextTheme(get().choice, get().system);
      keep(choice);
      apply(choice);
      set({ choice });
    },
  }));
  apply(store.getState().choice);
  dark.addEventListener("change", () => store.setState({ system: systemTheme() }));
  return store;
}

export type ThemeStore = ReturnType<typeof createThemeStore>;

function apply(choice: ThemeChoice) {
  const { dataset } = document.documentElement;
  if (choice) dataset.theme = choice;
  else delete dataset.theme;
}

function keptChoice(): ThemeChoice {
  try {
    const kept = localStorage.getItem(key);
    return kept === "light" || kept === "dark" ? kept : null;
  } catch {
    return null; // storage is switched off
  }
}

function keep(choice: ThemeChoice) {
  try {
    if (choice) localStorage.setItem(key, choice);
    else localStorage.removeItem(key);
  } catch {
    // Storage is switched off or full: the choice holds for this visit.
  }
}
