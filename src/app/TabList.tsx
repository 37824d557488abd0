import { type KeyboardEvent, useRef } from "react";

import { type Tab, tabs } from "./tabs";

const names: Readonly<Record<Tab, string>> = { read: "Read", train: "Train" };

/** How far from the tab that has the focus a key goes; null for any other key. */
function placeOf(key: string, at: number): number | null {
  const last = tabs.length - 1;
  if (key === "ArrowRight") return at === last ? 0 : at + 1;
  if (key === "ArrowLeft") return at === 0 ? last : at - 1;
  if (key === "Home") return 0;
  return key === "End" ? last : null;
}

/** The page's tabs: one tab stop, arrows choose. */
export function TabList({ tab, onTab }: { tab: Tab; onTab: (tab: Tab) => void }) {
  const list = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const place = placeOf(event.key, tabs.indexOf(tab));
    if (place === null || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    onTab(tabs[place]);
    list.current?.querySelectorAll("button")[place].focus();
  };
  return (
    <div className="tabs" role="tablist" aria-label="Midthought" ref={list} onKeyDown={onKeyDown}>
      {tabs.map((own) => (
        <button
          key={own}
          type="button"
          role="tab"
          id={`tab-${own}`}
          aria-controls={own}
          aria-selected={own === tab}
          tabIndex={own === tab ? 0 : -1}
          onClick={() => onTab(own)}
        >
          {names[own]}
        </button>
      ))}
    </div>
  );
}
