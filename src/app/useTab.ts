import { useCallback, useState } from "react";

import { type Tab, tabFrom, withTab } from "./tabs";

/** The tab in front, which the address says too. */
export function useTab(): readonly [Tab, (tab: Tab) => void] {
  const [tab, setTab] = useState(() => tabFrom(location.search));
  const choose = useCallback((next: Tab) => {
    setTab(next);
    const address = withTab(location.href, next);
    if (address !== location.href) history.replaceState(history.state, "", address);
  }, []);
  return [tab, choose];
}
