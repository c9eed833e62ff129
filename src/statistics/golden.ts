/** Values that others published or computed, written once: the tests and `steelyard selftest` read them here.
 *  `digits`: decimals that the value is known to. */

/** Where values come from, as `steelyard selftest` names it. */
export const sources = {
  loadGen: 'MLPerf LoadGen early stopping; inference rules',
  mcnemar: 'McNemar 1947; Fagerland et al. 2013',
  tango: 'Tango 1998; numeric constrained maximum likelihood',
  planning: 'normal approximation, 5 % one-sided, 80 % power',
  calibration: 'Guo et al. 2017; Brier 1950; worked by hand',
  votes: 'sign test, 5 % two-sided, 80 % power',
  rating: 'Bradley & Terry 1952; Elo’s scale',
  agreement: 'Krippendorff 2011; Castro 2017 (fast-krippendorff)',
  scipy: 'scipy 1.17.1',
  newcombe: 'Newcombe 1998, tables I and II',
  looks: 'Jennison & Turnbull 2000 (Lan–DeMets, O’Brien–Fleming)',
  efron: 'Efron & Tibshirani 1993, table 3.1; scipy 1.17.1',
} as const;

/** Samples that early stopping needs, t of them over the latency bound. */
export const loadGen = {
  percentiles: [0.9, 0.95, 0.97, 0.99, 0.999],
  /** [t, samples per percentile …] */
  rows: [
    [0, 44, 90, 152, 459, 4603],
    [1, 64, 130, 219, 662, 6636],
    [2, 81, 165, 277, 838, 8403],
    [5, 127, 259, 433, 1307, 13_105],
    [10, 197, 398, 667, 2010, 20_140],
    [20, 325, 656, 1097, 3304, 33_097],
    [50, 681, 1372, 2293, 6898, 69_058],
    [100, 1246, 2504, 4182, 12_571, 125_826],
  ],
  /** [percentile, ± margin, samples] at 99 %. */
  fixed: [
    [0.9, 0.005, 23_886],
    [0.95, 0.0025, 50_425],
    [0.97, 0.0015, 85_811],
    [0.99, 0.0005, 262_742],
  ],
} as const;

/** [b, c, exact, mid-p, continuity-corrected χ²] */
export const mcnemarP = [
  [20, 8, 0.035698, 0.02412, 0.037635],
  [12, 3, 0.035156, 0.021271, 0.038867],
] as const;

/** [b, c, n, margin, statistic] */
export const tangoZ = [
  [20, 14, 872, 0.01, 0.4626],
  [30, 10, 872, 0.02, -0.4123],
  [5, 5, 277, 0.02, 1.5811],
  [0, 0, 277, 0.02, 2.3776],
  [40, 30, 9815, 0.005, 4.1029],
] as const;
/** p of the first. */
export const tangoP = 0.3218;

/** The smallest margin in points that n answers can prove, by the share of flips. */
export const provableMargins = {
  flips: [0.01, 0.03, 0.05, 0.1],
  /** [n, points …] */
  rows: [
    [56, 3.3, 5.8, 7.4, 10.5],
    [71, 3.0, 5.1, 6.6, 9.3],
    [100, 2.5, 4.3, 5.6, 7.9],
    [277, 1.5, 2.6, 3.3, 4.7],
    [408, 1.2, 2.1, 2.8, 3.9],
    [872, 0.84, 1.5, 1.9, 2.7],
    [1043, 0.77, 1.3, 1.7, 2.4],
    [3270, 0.43, 0.75, 0.97, 1.4],
    [5463, 0.34, 0.58, 0.75, 1.1],
    [9815, 0.25, 0.43, 0.56, 0.79],
    [10_000, 0.25, 0.43, 0.56, 0.79],
    [40_430, 0.12, 0.21, 0.28, 0.39],
  ],
  digits: (points: number): number => (points < 1 ? 2 : 1),
} as const;

/** [n, points, digits] without one flip. */
export const marginsWithoutFlips = [
  [56, 4.6, 1],
  [100, 2.6, 1],
  [277, 0.97, 2],
  [872, 0.31, 2],
  [9815, 0.03, 2],
] as const;

/** Ten answers: how sure, and whether right. */
export const tenAnswers = {
  confidence: [0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.99],
  right: [1, 1, 0, 1, 1, 0, 1, 0, 1, 1],
  /** Ten equally wide bins, closed on the right. */
  calibrationError: 0.176,
  /** All in one bin: mean confidence 0.774, seven of ten right. */
  oneBin: 0.074,
  /** Of the given answer alone: half of the score over both classes. */
  brier: 0.20126,
} as const;

/** [share that prefers one side, votes without ties] */
export const votes = [
  [0.55, 783],
  [0.6, 194],
  [0.65, 85],
] as const;

/** [share that prefers one side, rating points between the two] */
export const ratings = [
  [0.6, 70.44, 2],
  [10 / 11, 400, 6],
] as const;

/** What people said of the same items, one text a person and one digit an item; "*": nothing. [scale, α, digits] */
export const agreements = [
  {
    people: ['*****34121133*3', '1*213343*******', '**21344*21133*4'],
    alphas: [
      ['nominal', 0.691358, 6],
      ['interval', 0.810845, 6],
    ],
  },
  {
    people: ['123321412***', '1233224125*3', '*3332342251*', '12332441251*'],
    alphas: [
      ['nominal', 0.743, 3],
      ['ordinal', 0.815, 3],
      ['interval', 0.849, 3],
    ],
  },
] as const;

/** The items of people's texts: [items][people]. */
export const ratedItems = (people: readonly string[]): (number | null)[][] =>
  Array.from(people[0]!, (_, item) => people.map((said) => (said[item] === '*' ? null : Number(said[item]))));

/** Two samples with ties: coefficients and p-values. */
export const correlated = {
  x: [1, 2, 2, 3, 5, 8, 8, 8, 9, 12],
  y: [3, 1, 4, 4, 6, 5, 9, 7, 7, 11],
  pearson: 0.8895629375564797,
  pearsonP: 0.0005684459264080037,
  spearman: 0.9009676546491147,
  spearmanP: 0.00037283599802576345,
  kendall: 0.7859370885787427,
  kendallP: 0.002434722997600704,
} as const;

/** [x, P(√n·D > x)] */
export const kolmogorovTails = [
  [0.3, 0.9999906941986655],
  [0.5, 0.9639452436648751],
  [0.8, 0.5441424115741981],
  [1, 0.26999967167735456],
  [1.36, 0.049485876755377876],
  [2, 0.0006709252557796953],
] as const;

export const chiSquaredTable = {
  table: [
    [12, 5, 9],
    [7, 14, 3],
  ],
  statistic: 8.512567476383268,
  p: 0.014174882222918836,
  cramersV: 0.41261525605297894,
} as const;

/** Eight pairs: Welch's test, paired t. */
export const eightPairs = {
  a: [5.1, 4.9, 6.2, 5.8, 5.5, 6.0, 5.2, 4.4],
  b: [4.8, 5.0, 5.1, 5.9, 4.7, 5.2, 4.9, 4.5],
  welch: { t: 1.440046082211958, degreesOfFreedom: 12.531438717553726, p: 0.17436678845668432 },
  paired: { t: 2.23606797749979, p: 0.06042742018442882 },
} as const;

/** Differences: without ties, with ties (all signs counted). */
export const signedRanks = [
  { differences: [1.1, -0.4, 2.3, 0.7, -1.9, 3.1, 0.2, -0.6, 1.4, 2.2, 0.9, -0.1], p: 0.09228515625 },
  { differences: [1, 1, -1, 2, 3, -2, 2, 0, 4, -1, 1, 3, 0, 2], p: 0.052734375 },
] as const;

/** 81 of 263; 56 of 70 against 48 of 80; at 95 %. */
export const shares = {
  one: { successes: 81, n: 263, wilson: [0.2553, 0.3662], clopperPearson: [0.2527, 0.3676] },
  two: { a: { successes: 56, n: 70 }, b: { successes: 48, n: 80 }, newcombe: [0.0524, 0.3339] },
} as const;

/** Five even looks, one-sided 2.5 %. */
export const lookBoundaries = [4.8769, 3.357, 2.6803, 2.2898, 2.031] as const;

/** Law schools: how the correlation of the two changes with one school left out. */
export const lawSchools = {
  lsat: [576, 635, 558, 578, 666, 580, 555, 661, 651, 605, 653, 575, 545, 572, 594],
  gpa: [3.39, 3.3, 2.81, 3.03, 3.44, 3.07, 3.0, 3.43, 3.36, 3.13, 3.12, 2.74, 2.76, 2.88, 2.96],
  acceleration: -0.07567156493787919,
  /** BCa at 90 %, 40,000 draws. */
  low: 0.4245,
  high: 0.9269,
} as const;
