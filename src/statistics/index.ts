export { krippendorffAlpha, type RatingScale } from './agreement.ts';
export { bca, bcaOf, jackknifeOf, type BcaResult } from './bca.ts';
export {
  blockLengthOf,
  bootstrap,
  bootstrapMean,
  bootstrapMedian,
  type BootstrapOptions,
  type BootstrapResult,
} from './bootstrap.ts';
export { clustersOf, membersOf } from './clusters.ts';
export { correlationInterval, correlationP, kendall, kendallP, pearson, spearman } from './correlation.ts';
export { earlyStoppingPercentile, samplesNeeded, samplesUnder, supportsPercentile } from './early-stopping.ts';
export { tost, type Equivalence } from './equivalence.ts';
export { lowerBound, pAbove, pBelow, pOutside, thinQuantiles, upperBound } from './evidence.ts';
export {
  chiSquared,
  crossTable,
  permutationIndependence,
  permutationTest,
  type ChiSquared,
  type Table,
} from './independence.ts';
export { kolmogorovOne, kolmogorovTail, kolmogorovTwo, type KolmogorovResult } from './kolmogorov.ts';
export { pairedT, variance, welch, type MeanTest } from './means.ts';
export { benjaminiHochberg, holm } from './multiplicity.ts';
export { knowledgeOf, ownBounds, pOwnAbove, pOwnBelow, type Knowledge } from './own-value.ts';
export {
  examplesNeeded,
  marginWithoutFlips,
  pairsNeeded,
  provableMargin,
  samplesForMargin,
  samplesForSlack,
  type Plan,
} from './planning.ts';
export { preferenceOf, ratingPoints, type Preference, type Votes } from './preference.ts';
export { clopperPearson, mcnemar, newcombe, wilson, type Interval, type Share } from './proportions.ts';
export { autocorrelation, iqr, mean, median, quantile, sorted, tukeyOutliers } from './quantiles.ts';
export { seeded } from './random.ts';
export { ranksOf, tiesOf } from './ranks.ts';
export { riskBound, riskP, riskThreshold, rowsForRisk, type Gamble, type Threshold } from './risk.ts';
export {
  boundariesOf,
  fewestFlips,
  obrienFleming,
  planLooks,
  powerSpending,
  sequentialLook,
  type Look,
  type SequentialPlan,
  type Spending,
} from './sequential.ts';
export { wilcoxonSignedRank, type SignedRank } from './signed-rank.ts';
export {
  binomialCdf,
  chiSquaredCdf,
  incompleteBeta,
  incompleteGamma,
  logChoose,
  logGamma,
  normalCdf,
  normalQuantile,
  studentCdf,
  studentQuantile,
} from './special.ts';
export { tangoInterval, tangoStatistic, tangoTest, type Pairs } from './tango.ts';
