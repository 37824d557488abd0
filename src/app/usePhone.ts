import { useSyncExternalStore } from "react";

/** As in narrow.css. */
const phone = matchMedia("(max-width: 899px)");

const subscribe = (onChange: () => void) => {
  phone.addEventListener("change", onChange);
  return () => phone.removeEventListener("change", onChange);
};

/** Whether the page is laid out in one column. */
export const usePhone = () => useSyncExternalStore(subscribe, () => phone.matches);
