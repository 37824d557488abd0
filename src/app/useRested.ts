import { useEffect, useState } from "react";

/** A value once it has stayed the same for so long. */
export function useRested<T>(value: T, restMs: number): T | null {
  const [rested, setRested] = useState<T | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), restMs);
    return () => clearTimeout(timer);
  }, [value, restMs]);
  return rested;
}
