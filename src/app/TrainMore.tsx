import { type ReactNode, useId } from "react";

import { defaultSettings } from "../lens/trainingDefaults";
import type { Loss, Rates, Schedule, TrainingSettings } from "../lens/trainingSettings";
import { mostSeed } from "../lens/trainingSettingsSchema";
import { shownOnPage } from "../state/readingStore";
import { DraftField } from "./DraftField";
import { layersFrom, layersInWords, layersRefusal } from "./layerRange";
import { NumberField } from "./NumberField";
import { useReading, useTraining } from "./stores";

/** The settings that one mostly leaves as they are. */
export function TrainMore() {
  const settings = useTraining((state) => state.settings);
  const setSettings = useTraining((state) => state.setSettings);
  const options = useTraining((state) => state.text.options);
  const setTextOptions = useTraining((state) => state.setTextOptions);
  const trainElsewhere = useTraining((state) => state.trainElsewhere);
  const elsewhere = useTraining((state) => state.elsewhere);
  const { loss, positionsPerStep, learningRate, weightDecay, clip, ridge, subset } = settings;
  return (
    <details className="train-more">
      <summary>More</summary>
      <dl>
        <Row name="Loss">
          {(id) => (
            <select
              id={id}
              value={loss}
              onChange={(event) => setSettings({ loss: event.currentTarget.value as Loss })}
            >
              <option value="kl">KL(final ‖ lens)</option>
              <option value="crossEntropy">cross entropy</option>
            </select>
          )}
        </Row>
        <Row name="Layers, such as 0-4, 8">{(id) => <Layers id={id} />}</Row>
        <Row name="Translators">
          {(id) => (
            <select
              id={id}
              value={settings.parts}
              onChange={(event) =>
                setSettings({ parts: event.currentTarget.value as TrainingSettings["parts"] })
              }
            >
              <option value="whole">whole</option>
              <option value="bias">bias only</option>
            </select>
          )}
        </Row>
        <Row name="Positions a step">
          {(id) => (
            <NumberField
              id={id}
              value={positionsPerStep}
              min={1}
              onChange={(value) => value && setSettings({ positionsPerStep: value })}
            />
          )}
        </Row>
        <Row name="Learning rate">
          {(id) => (
            <NumberField
              id={id}
              value={learningRate}
              placeholder="method’s"
              isWhole={false}
              min={Number.MIN_VALUE}
              onChange={(value) => setSettings({ learningRate: value })}
            />
          )}
        </Row>
        <Row name="Rate over the steps">
          {(id) => (
            <select
              id={id}
              value={settings.schedule ?? ""}
              onChange={(event) =>
                setSettings({ schedule: (event.currentTarget.value || null) as Schedule | null })
              }
            >
              <option value="">method’s</option>
              <option value="falling">falls to 0</option>
              <option value="averaged">stays; averaged</option>
            </select>
          )}
        </Row>
        <Row name="Rate over the layers">
          {(id) => (
            <select
              id={id}
              value={settings.rates ?? ""}
              onChange={(event) =>
                setSettings({ rates: (event.currentTarget.value || null) as Rates | null })
              }
            >
              <option value="">method’s</option>
              <option value="byLayer">by layer</option>
              <option value="same">the same</option>
            </select>
          )}
        </Row>
        <Row name="Weight decay">
          {(id) => (
            <NumberField
              id={id}
              value={weightDecay}
              placeholder="method’s"
              isWhole={false}
              onChange={(value) => setSettings({ weightDecay: value })}
            />
          )}
        </Row>
        <Row name="Gradient clipped at">
          {(id) => (
            <NumberField
              id={id}
              value={clip}
              placeholder="never"
              isWhole={false}
              min={Number.MIN_VALUE}
              onChange={(value) => setSettings({ clip: value })}
            />
          )}
        </Row>
        <Row name="Ridge, of the mean eigenvalue">
          {(id) => (
            <NumberField
              id={id}
              value={ridge}
              isWhole={false}
              min={Number.MIN_VALUE}
              onChange={(value) => value && setSettings({ ridge: value })}
            />
          )}
        </Row>
        <Row name="Sequence length, positions">
          {(id) => (
            <NumberField
              id={id}
              value={options.sequenceLength}
              placeholder="192"
              min={2}
              onChange={(sequenceLength) => setTextOptions({ sequenceLength })}
            />
          )}
        </Row>
        <Row name="Held out, positions">
          {(id) => (
            <NumberField
              id={id}
              value={options.heldOut}
              placeholder="1,024"
              min={1}
              onChange={(heldOut) => setTextOptions({ heldOut })}
            />
          )}
        </Row>
        <Row name="Vocabulary in gradients">
          {(id) => (
            <select
              id={id}
              value={subset ? "subset" : "whole"}
              onChange={(event) =>
                setSettings({
                  subset: event.currentTarget.value === "whole" ? null : defaultSettings.subset,
                })
              }
            >
              <option value="subset">a subset</option>
              <option value="whole">whole</option>
            </select>
          )}
        </Row>
        {subset && (
          <>
            <Row name="Its likeliest tokens">
              {(id) => (
                <NumberField
                  id={id}
                  value={subset.likeliest}
                  min={1}
                  onChange={(value) =>
                    value && setSettings({ subset: { ...subset, likeliest: value } })
                  }
                />
              )}
            </Row>
            <Row name="Others, drawn each time">
              {(id) => (
                <NumberField
                  id={id}
                  value={subset.others}
                  onChange={(value) =>
                    value !== null && setSettings({ subset: { ...subset, others: value } })
                  }
                />
              )}
            </Row>
          </>
        )}
        <Row name="Seed">
          {(id) => (
            <NumberField
              id={id}
              label="Seed of the training"
              value={settings.seed}
              max={mostSeed}
              onChange={(value) => value !== null && setSettings({ seed: value })}
            />
          )}
        </Row>
        <Row name="Stop after, seconds">
          {(id) => (
            <NumberField
              id={id}
              value={settings.maxSeconds}
              placeholder="never"
              isWhole={false}
              min={Number.MIN_VALUE}
              onChange={(value) => setSettings({ maxSeconds: value })}
            />
          )}
        </Row>
      </dl>
      <p className="aside">
        For a larger job: the text, these settings and a script for PyTorch, on any number of
        machines.
      </p>
      <button type="button" className="text" onClick={() => void shownOnPage(trainElsewhere())}>
        Train elsewhere…
      </button>
      <p className="aside elsewhere-said" aria-live="polite">
        {elsewhere}
      </p>
    </details>
  );
}

function Row({ name, children }: { name: string; children: (id: string) => ReactNode }) {
  const id = useId();
  return (
    <>
      <dt>
        <label htmlFor={id}>{name}</label>
      </dt>
      <dd>{children(id)}</dd>
    </>
  );
}

function Layers({ id }: { id: string }) {
  const layers = useTraining((state) => state.settings.layers);
  const setSettings = useTraining((state) => state.setSettings);
  const nLayers = useReading((state) => state.info?.model.nLayers ?? null);
  return (
    <DraftField
      value={layers}
      words={layers ? layersInWords(layers) : ""}
      valueFrom={(text) => layersFrom(text, nLayers)}
      refusalOf={(text) => layersRefusal(text, nLayers)}
      placeholder={nLayers ? `all ${nLayers}` : "all"}
      id={id}
      onChange={(next) => setSettings({ layers: next })}
    />
  );
}
