export { observe } from './observe.ts';
export type { Request } from './plan.ts';
export { histogram } from './histogram.ts';
export type { Histogram } from './histogram.ts';
export { withRows } from './rows.ts';
export { placesOfRows, spreadRows } from './spread-rows.ts';
export { channelMaxima, channelMeans, channelSquares, extremes, gram, rowSample } from './statistics.ts';
export type { ProbeNodes, Statistic } from './types.ts';
export {
  bestRange,
  codesOf,
  entropyRange,
  minMaxRange,
  mseRange,
  parametersOf,
  percentileRange,
  quantizationError,
} from './ranges.ts';
export type { Parameters, Range } from './ranges.ts';
