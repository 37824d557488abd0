/** The page's tabs, each a panel that keeps its state while another one is in front. */
export const tabs = ["read", "train"] as const;
export type Tab = (typeof tabs)[number];

/** The tab that an address's search asks for: `?tab=train`. */
export const tabFrom = (search: string): Tab =>
  new URLSearchParams(search).get("tab") === "train" ? "train" : "read";

/** An address with its search saying which tab is in front; the first one goes without saying. */
export function withTab(address: string, tab: Tab): string {
  const url = new URL(address);
  if (tabFrom(url.search) === tab) return address;
  if (tab === "read") url.searchParams.delete("tab");
  else url.searchParams.set("tab", tab);
  return url.href;
}
