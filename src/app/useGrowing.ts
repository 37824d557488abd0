import { type RefObject, useCallback, useEffect } from "react";

/**
 * A box that grows with its text where the browser has no `field-sizing: content` (Firefox, Safari
 * before 26); its stylesheet says how far. Returns what to call when the text has changed.
 */
export function useGrowing(box: RefObject<HTMLTextAreaElement | null>): () => void {
  const grow = useCallback(() => {
    const element = box.current;
    if (!element || CSS.supports("field-sizing", "content")) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight + 2}px`; // with its border
  }, [box]);
  useEffect(grow, [grow]);
  return grow;
}
