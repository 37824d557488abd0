import { type Reading, statisticNames } from "./reading";

/** Every statistic of a reading that a test makes, each an array of its own. */
export const everyStatistic = (values: () => Float32Array) =>
  Object.fromEntries(statisticNames.map((name) => [name, values()])) as Reading["statistics"];
