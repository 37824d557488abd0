import { useEffect, useRef, useState } from "react";

/** A sentence that changes often, for those who hear the page: at most every ten seconds. */
export function useSpoken(sentence: string | null): string | null {
  const [spoken, setSpoken] = useState<string | null>(null);
  const newest = useRef(sentence);
  useEffect(() => {
    newest.current = sentence;
  });
  const isSilent = sentence === null;
  useEffect(() => {
    if (isSilent) return setSpoken(null);
    const timer = setInterval(() => setSpoken(newest.current), 10_000);
    return () => clearInterval(timer);
  }, [isSilent]);
  return spoken;
}
