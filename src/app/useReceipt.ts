import { useEffect, useState } from "react";

import type { OpenLensInfo } from "../engine/protocol";
import type { KnownReceipt } from "../engine/trainingProtocol";
import { shownOnPage } from "../state/readingStore";
import { useTraining } from "./stores";

/** The receipt of an open lens; null until it is here, and where the lens has none. */
export function useReceipt({
  name,
  sha256,
}: Pick<OpenLensInfo, "name" | "sha256">): KnownReceipt | null {
  const receiptOf = useTraining((state) => state.receiptOf);
  const [found, setFound] = useState<{ of: string; receipt: KnownReceipt | null } | null>(null);
  useEffect(() => {
    if (sha256 === null) return; // it is in training
    let isOver = false;
    const asked = receiptOf(name).then((receipt) => {
      if (!isOver) setFound({ of: sha256, receipt });
    });
    void shownOnPage(asked);
    return () => {
      isOver = true;
    };
  }, [receiptOf, name, sha256]);
  return found?.of === sha256 ? found.receipt : null;
}
