export {
  blockLengthOf,
  bootstrap,
  bootstrapMean,
  bootstrapMedian,
  weightedQuantile,
  type BootstrapOptions,
  type BootstrapResult,
} from './bootstrap.ts';
export { earlyStoppingPercentile, samplesNeeded, samplesUnder, supportsPercentile } from './early-stopping.ts';
export { lowerBound, pAbove, pBelow, pFromInterval, thinQuantiles, upperBound } from './evidence.ts';
export { benjaminiHochberg, holm } from './multiplicity.ts';
export { clopperPearson, mcnemar, wilson, type Interval } from './proportions.ts';
export { autocorrelation, iqr, mean, median, quantile, sorted, tukeyOutliers } from './quantiles.ts';
export { seeded } from './random.ts';
export { binomialCdf, incompleteBeta, logChoose, logGamma, normalCdf, normalQuantile } from './special.ts';
export { pairsNeeded, tangoInterval, tangoStatistic, tangoTest, type Pairs } from './tango.ts';
