import {
  bca,
  boundariesOf,
  chiSquared,
  clopperPearson,
  correlationP,
  examplesNeeded,
  kendall,
  kendallP,
  kolmogorovTail,
  krippendorffAlpha,
  marginWithoutFlips,
  mcnemar,
  newcombe,
  obrienFleming,
  pairedT,
  pearson,
  provableMargin,
  ratingPoints,
  samplesForMargin,
  samplesUnder,
  seeded,
  spearman,
  tangoTest,
  welch,
  wilcoxonSignedRank,
  wilson,
} from '../../statistics/index.ts';
import * as golden from '../../statistics/golden.ts';
import { calibrationError, equalWidthBins } from '../../weigh/quality/calibration-metrics.ts';

/** One value that others published, and what this machine makes of it. */
export interface Check {
  readonly what: string;
  readonly source: string;
  readonly expected: number;
  readonly got: number;
  /** Decimals that the expected value is known to. */
  readonly digits: number;
  readonly ok: boolean;
}

const { sources } = golden;

/** Compare a value with what it should be. */
export const check = (what: string, source: string, expected: number, digits: number, got: number): Check => ({
  what,
  source,
  expected,
  got,
  digits,
  // Half a step of the last digit; whole numbers must be the same.
  ok: Math.abs(got - expected) <= (digits === 0 ? 0 : 0.5 * 10 ** -digits + 1e-12),
});

const load = (): Check[] => {
  const { percentiles, rows, fixed } = golden.loadGen;
  return [
    ...rows.flatMap(([over, ...samples]) =>
      samples.map((expected, i) => {
        const p = percentiles[i]!;
        const what = `samples for p${100 * p} with ${over} above it`;
        return check(what, sources.loadGen, expected, 0, samplesUnder(over, p) + over);
      }),
    ),
    ...fixed.map(([p, margin, n]) =>
      check(
        `samples for p${100 * p} ± ${+(100 * margin).toFixed(2)} points`,
        sources.loadGen,
        n,
        0,
        samplesForMargin(p, margin, 0.99),
      ),
    ),
  ];
};

const pairs = (): Check[] => [
  ...golden.mcnemarP.flatMap(([b, c, exact, midP, corrected]) => {
    const p = mcnemar(b, c);
    const what = `McNemar ${b} lost, ${c} won`;
    return [
      check(`${what}: exact p`, sources.mcnemar, exact, 6, p.exact),
      check(`${what}: mid-p`, sources.mcnemar, midP, 6, p.midP),
      check(`${what}: corrected χ², p`, sources.mcnemar, corrected, 6, p.corrected),
    ];
  }),
  check('McNemar 5 lost, 5 won: exact p', sources.mcnemar, 1, 0, mcnemar(5, 5).exact),
  check('McNemar without a flip: exact p', sources.mcnemar, 1, 0, mcnemar(0, 0).exact),
  ...golden.tangoZ.map(([b, c, n, margin, z]) =>
    check(
      `Tango ${b} lost, ${c} won of ${n}, margin ${100 * margin} points`,
      sources.tango,
      z,
      4,
      tangoTest({ b, c, n }, margin).z,
    ),
  ),
  check(
    'Tango, p of the first',
    sources.tango,
    golden.tangoP,
    4,
    ((one) => tangoTest({ b: one[0], c: one[1], n: one[2] }, one[3]).p)(golden.tangoZ[0]),
  ),
];

const planning = (): Check[] => {
  const { flips, rows, digits } = golden.provableMargins;
  return [
    ...rows.flatMap(([n, ...points]) =>
      points.map((expected, i) => {
        const what = `margin in points that ${n} answers prove at ${100 * flips[i]!} % flips`;
        return check(what, sources.planning, expected, digits(expected), 100 * provableMargin(n, flips[i]!));
      }),
    ),
    ...golden.marginsWithoutFlips.map(([n, points, decimals]) =>
      check(
        `margin in points that ${n} answers prove without a flip`,
        sources.tango,
        points,
        decimals,
        100 * marginWithoutFlips(n),
      ),
    ),
    ...golden.votes.map(([share, n]) =>
      check(
        `votes that show a preference of ${100 * share} %`,
        sources.votes,
        n,
        0,
        examplesNeeded(share, 0.5, { alpha: 0.025 }),
      ),
    ),
  ];
};

const people = (): Check[] => [
  ...golden.ratings.map(([share, points, digits]) =>
    check(
      `rating points at ${(100 * share).toFixed(0)} % of the votes`,
      sources.rating,
      points,
      digits,
      ratingPoints(share),
    ),
  ),
  ...golden.agreements.flatMap(({ people: said, alphas }) =>
    alphas.map(([scale, alpha, digits]) =>
      check(
        `agreement of ${said.length} people (α, ${scale})`,
        sources.agreement,
        alpha,
        digits,
        krippendorffAlpha(golden.ratedItems(said), scale) ?? Number.NaN,
      ),
    ),
  ),
];

const calibration = (): Check[] => {
  const { confidence, right, calibrationError: expected, oneBin, brier } = golden.tenAnswers;
  const sure = { confidence: Float64Array.from(confidence), right };
  const squares = confidence.reduce((sum, one, i) => sum + (one - right[i]!) ** 2, 0);
  return [
    check(
      'calibration error of ten answers, 10 bins',
      sources.calibration,
      expected,
      6,
      calibrationError(sure, equalWidthBins(confidence, 10)),
    ),
    check(
      'calibration error of ten answers, one bin',
      sources.calibration,
      oneBin,
      6,
      calibrationError(sure, equalWidthBins(confidence, 1)),
    ),
    check('Brier score of ten given answers', sources.calibration, brier, 5, squares / 10),
  ];
};

const tests = (): Check[] => {
  const { x, y, ...correlated } = golden.correlated;
  const { table, ...chi } = golden.chiSquaredTable;
  const found = chiSquared(table);
  const { a, b, ...eight } = golden.eightPairs;
  const [apart, together] = [welch(a, b), pairedT(a, b)];
  return [
    check('Pearson correlation', sources.scipy, correlated.pearson, 10, pearson(x, y)),
    check('Pearson correlation, p', sources.scipy, correlated.pearsonP, 10, correlationP(pearson(x, y), x.length)),
    check('Spearman correlation', sources.scipy, correlated.spearman, 10, spearman(x, y)),
    check('Spearman correlation, p', sources.scipy, correlated.spearmanP, 10, correlationP(spearman(x, y), x.length)),
    check('Kendall τ-b', sources.scipy, correlated.kendall, 10, kendall(x, y)),
    check('Kendall τ-b, p', sources.scipy, correlated.kendallP, 10, kendallP(x, y)),
    ...golden.kolmogorovTails.map(([at, p]) =>
      check(`Kolmogorov tail beyond ${at}`, sources.scipy, p, 10, kolmogorovTail(at)),
    ),
    check('χ² of a 2 × 3 table', sources.scipy, chi.statistic, 10, found.statistic),
    check('χ² of a 2 × 3 table, p', sources.scipy, chi.p, 10, found.p),
    check('Cramér’s V of a 2 × 3 table', sources.scipy, chi.cramersV, 10, found.cramersV),
    check('Welch t', sources.scipy, eight.welch.t, 10, apart.t),
    check('Welch degrees of freedom', sources.scipy, eight.welch.degreesOfFreedom, 8, apart.degreesOfFreedom),
    check('Welch p', sources.scipy, eight.welch.p, 10, apart.p),
    check('paired t', sources.scipy, eight.paired.t, 10, together.t),
    check('paired t, p', sources.scipy, eight.paired.p, 10, together.p),
    ...golden.signedRanks.map(({ differences, p }, i) =>
      check(
        `signed ranks ${i === 0 ? 'without' : 'with'} ties, p`,
        sources.scipy,
        p,
        10,
        wilcoxonSignedRank(differences).p,
      ),
    ),
  ];
};

const intervals = (): Check[] => {
  const { one, two } = golden.shares;
  const ends = (
    what: string,
    source: string,
    expected: readonly [number, number],
    got: { low: number; high: number },
  ) => [
    check(`${what}, low`, source, expected[0], 4, got.low),
    check(`${what}, high`, source, expected[1], 4, got.high),
  ];
  const { lsat, gpa, acceleration } = golden.lawSchools;
  const law = bca(lsat.length, (weights) => pearson(lsat, gpa, weights), {
    confidence: 0.9,
    random: seeded(1, 'selftest'),
    replicates: 200,
  });
  const boundaries = boundariesOf([0.2, 0.4, 0.6, 0.8, 1], 0.025, obrienFleming);
  return [
    ...ends('Wilson, 81 of 263', sources.newcombe, one.wilson, wilson(one.successes, one.n, 0.95)),
    ...ends(
      'Clopper–Pearson, 81 of 263',
      sources.newcombe,
      one.clopperPearson,
      clopperPearson(one.successes, one.n, 0.95),
    ),
    ...ends('Newcombe, 56 of 70 against 48 of 80', sources.newcombe, two.newcombe, newcombe(two.a, two.b, 0.95)),
    check('acceleration of a correlation (BCa)', sources.efron, acceleration, 10, law.acceleration),
    ...golden.lookBoundaries.map((expected, i) =>
      check(`boundary at look ${i + 1} of 5`, sources.looks, expected, 3, boundaries[i]!),
    ),
  ];
};

/** Derive every value again that others published and this package computes. Takes well under a second. */
export const selftest = (): readonly Check[] => [
  ...load(),
  ...pairs(),
  ...planning(),
  ...people(),
  ...calibration(),
  ...tests(),
  ...intervals(),
];
