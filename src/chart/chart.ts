/** A drawing without React: made on an element, redrawn as its values change. */
export type Chart<Props> = {
  update(props: Props): void;
  /** Takes everything that it drew or listened to away again. */
  destroy(): void;
};
