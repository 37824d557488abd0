/** The parts of the Train tab that take the focus of a button which is gone once it is pressed; none is ever hidden. */
export const focusIds = {
  train: "train-button",
  trainingStatus: "training-status",
  textStatus: "text-status",
  evaluate: "evaluate-button",
} as const;

export const focusOn = (name: keyof typeof focusIds) =>
  document.getElementById(focusIds[name])?.focus();
