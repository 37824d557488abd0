import { useState } from "react";

import { useTraining } from "./stores";

/** What a training would take; while that is asked anew, what was last known with the same text. */
export function useEstimate() {
  const estimate = useTraining((state) => state.estimate);
  const text = useTraining(({ textStatus }) =>
    textStatus.status === "ready" ? textStatus.summary : null,
  );
  const [known, setKnown] = useState({ estimate, text });
  const isNew = estimate !== null && estimate !== known.estimate;
  if (text !== known.text || isNew) setKnown({ estimate, text });
  return known.estimate;
}
