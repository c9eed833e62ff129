export { observe, withPasses } from './observe.ts';
export type { Passes, Request } from './observe.ts';
export { histogram } from './histogram.ts';
export type { Histogram } from './histogram.ts';
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
