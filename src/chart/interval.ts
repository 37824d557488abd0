/** Between which values a mean is, in the mean's own measure. */
export type Interval = { readonly low: number; readonly high: number };

/** Whether there is one: a bootstrap over a single sequence has none. */
export const isInterval = ({ low, high }: Interval) =>
  Number.isFinite(low) && Number.isFinite(high);
