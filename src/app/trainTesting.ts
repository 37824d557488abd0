import type { TextSummary, TrainingReceipt, TrainingReport } from "../engine/trainingProtocol";
import { defaultSettings } from "../lens/trainingDefaults";
import type { TrainingSettings } from "../lens/trainingSettings";

export const text: TextSummary = {
  name: "pasted",
  kind: "text",
  sampling: null,
  characters: 84_512,
  bytes: 84_600,
  documents: 1,
  tokens: 19_456,
  sequences: 102,
  sequenceLength: 192,
  trainPositions: 18_432,
  heldOutPositions: 1024,
  heldOutBytes: 4400,
  idsSha256: "ab".repeat(32),
  sha256: `5f1c09e2${"0".repeat(52)}77ab`,
};

export const settings: TrainingSettings = {
  ...defaultSettings,
  ridge: 0.001,
  steps: 96,
  schedule: "falling",
};

/** Of a model of three layers, at step 41 of 96. */
export const report: TrainingReport = {
  phase: "steps",
  step: 41,
  steps: 96,
  positions: 18_432,
  seconds: 96,
  secondsLeft: 64,
  positionsPerSecond: 165,
  layers: [0, 1, 2],
  heldOutKl: 2,
  logitHeldOutKl: 20,
  startHeldOutKl: 2.5,
  heldOutKlByLayer: [3, 2, 1],
  logitHeldOutKlByLayer: [40, 15, 5],
  startHeldOutKlByLayer: [4, 2.5, 1],
  heldOutPositions: 128,
  bitsPerByte: 0.34,
  isMeasured: true,
  isSaved: false,
  notice: null,
};

export const receipt: TrainingReceipt = {
  model: {
    name: "SmolLM2-135M-Instruct",
    family: "llama",
    nLayers: 3,
    dModel: 576,
    vocab: 49_152,
    sha256: `b179c952${"0".repeat(52)}db53`,
  },
  text,
  settings,
  start: { kind: "closedForm", name: null, sha256: null },
  loss: "kl",
  learningRate: 0.001,
  weightDecay: 0,
  schedule: "falling",
  rates: "same",
  steps: 96,
  lensStep: 96,
  positions: 18_432,
  layers: [0, 1, 2],
  heldOutKl: {
    unit: "nats",
    direction: "KL(final || lens)",
    positions: 1024,
    lens: [3, 1.5, 0.75],
    logit: [40, 15, 5],
    start: [4, 2, 1],
  },
  backend: "wasm",
  threads: 2,
  adapter: null,
  seconds: 161,
  app: { name: "midthought", version: "0.1.0" },
  date: "2026-11-24T11:49:00.000Z",
  ended: "done",
};
