import { useEffect, useState } from "react";

import type { LensUnit } from "../chart/lensUnit";
import { onReturn } from "../state/onReturn";
import { shownOnPage } from "../state/readingStore";
import { EvaluateSection } from "./EvaluateSection";
import { GivenFiles } from "./GivenFiles";
import { Refusal } from "./Refusal";
import { useEvaluation, useTraining } from "./stores";
import { TrainCharts } from "./TrainCharts";
import { TrainMore } from "./TrainMore";
import { TrainReceipt } from "./TrainReceipt";
import { TrainMethod, TrainStart } from "./TrainRecipe";
import { SavedTraining, TrainRun } from "./TrainRun";
import { TrainText } from "./TrainText";
import "./trainForm.css";
import "./train.css";
import "./trainCharts.css";
import "./evaluate.css";

/** A lens of one's own: what it is made from, how it comes on, and what it is in the end. */
export default function TrainPanel(props: { isInFront: boolean; onRead: () => void }) {
  const { isInFront, onRead } = props;
  const [name, setUnit] = useState<LensUnit>("nats");
  const findSaved = useTraining((state) => state.findSaved);
  useEffect(() => {
    // Another tab may have left its training here, or gone on with the one that is offered.
    if (isInFront) return onReturn(() => void shownOnPage(findSaved()), document, window);
  }, [isInFront, findSaved]);
  const ofRun = useTraining((state) => state.report?.bitsPerByte);
  const ofEvaluation = useEvaluation((state) => state.evaluation?.bitsPerByte);
  const unit = { unit: name, bitsPerByte: ofRun ?? ofEvaluation ?? usualBitsPerByte };
  const evaluated = { unit: name, bitsPerByte: ofEvaluation ?? unit.bitsPerByte };
  return (
    <>
      {isInFront && (
        <div className="train-news">
          <GivenFiles />
          <Refusal />
        </div>
      )}
      <form className="recipe" aria-label="Training" onSubmit={(event) => event.preventDefault()}>
        <SavedTraining />
        <TrainText />
        <TrainStart />
        <TrainMethod />
        <TrainMore />
        <TrainRun />
      </form>
      <div className="charts">
        <TrainCharts unit={unit} onUnit={setUnit} />
      </div>
      <TrainReceipt unit={unit} onRead={onRead} />
      <EvaluateSection unit={evaluated} />
    </>
  );
}

/** Of English in SmolLM2's tokens; for the axes until there is a text. */
const usualBitsPerByte = 0.33;
