import { useEffect, useRef, useState } from "react";

import type { TextProgress } from "../engine/trainingProtocol";
import { type Mark, secondsLeft } from "./timeLeft";

/** Seconds that are left of what is under way, at its pace so far; null while that is not known. */
export function useTimeLeft(progress: TextProgress | null): number | null {
  const [left, setLeft] = useState<number | null>(null);
  const first = useRef<Mark | null>(null);
  useEffect(() => {
    if (!progress) {
      first.current = null;
      return setLeft(null);
    }
    const now = { done: progress.done, atMs: performance.now() };
    if (!first.current || now.done < first.current.done) first.current = now;
    setLeft(secondsLeft(first.current, now, progress.all));
  }, [progress]);
  return left;
}
