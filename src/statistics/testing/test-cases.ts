import type { Random } from '../../contracts/index.ts';
import {
  bootstrapMean,
  chiSquared,
  correlationInterval,
  crossTable,
  kolmogorovOne,
  kolmogorovTwo,
  mcnemar,
  newcombe,
  pairedT,
  pearson,
  permutationIndependence,
  spearman,
  tangoInterval,
  tost,
  welch,
  wilcoxonSignedRank,
  wilson,
} from '../index.ts';
import { alpha, confidence, drawPairs, type Case } from './case.ts';

const alarm = (name: string, once: (random: Random) => boolean, more: Partial<Case> = {}): Case => ({
  name,
  what: 'false claims',
  from: 0,
  to: alpha + 0.01,
  once,
  ...more,
});
const covers = (
  name: string,
  truth: number,
  once: (random: Random) => { low: number; high: number },
  more: Partial<Case> = {},
): Case => ({
  name,
  what: 'coverage',
  from: 0.93,
  to: 0.97,
  once: (random) => {
    const { low, high } = once(random);
    return low <= truth && truth <= high;
  },
  ...more,
});

const skewed = (n: number, random: Random): Float64Array =>
  Float64Array.from({ length: n }, () => -Math.log(1 - random.next()));
const normal = (n: number, random: Random): Float64Array => Float64Array.from({ length: n }, () => random.normal());
const count = (n: number, share: number, random: Random): number => {
  let found = 0;
  for (let i = 0; i < n; i++) if (random.next() < share) found++;
  return found;
};

/** Questions with one to seven answers each that are right or wrong together, more or less. */
const questions = (clusters: number, random: Random) => {
  const [values, of]: [number[], number[]] = [[], []];
  for (let cluster = 0; cluster < clusters; cluster++) {
    const ease = 0.5 + 0.5 * random.next();
    const size = 1 + random.integer(7);
    for (let i = 0; i < size; i++) {
      values.push(random.next() < ease ? 1 : 0);
      of.push(cluster);
    }
  }
  return { values, clusters: of };
};

const clustered = (clusters: number): Case =>
  covers(
    `bootstrap over ${clusters} whole clusters, mean of right answers`,
    0.75,
    (random) => {
      const { values, clusters: of } = questions(clusters, random);
      return bootstrapMean(values, { confidence, random, replicates: 600, clusters: of });
    },
    { to: 0.975, ...(clusters > 60 ? { slow: true } : {}) },
  );

/** The canary: answers of one question are not as good as answers of several. */
const unclustered: Case = covers(
  'bootstrap over answers as if those of one question were independent: what not to do',
  0.75,
  (random) => {
    const twice = questions(60, random);
    const values = [...twice.values, ...twice.values, ...twice.values];
    return bootstrapMean(values, { confidence, random, replicates: 300 });
  },
  { from: 0, to: 0.85, slow: true },
);

const correlated = (n: number, kind: 'pearson' | 'spearman'): Case => {
  const rho = 0.7;
  // Spearman's coefficient of a normal pair.
  const truth = kind === 'pearson' ? rho : (6 / Math.PI) * Math.asin(rho / 2);
  return covers(
    `interval of ${kind === 'pearson' ? 'Pearson' : 'Spearman'}’s correlation, n ${n}`,
    truth,
    (random) => {
      const x = normal(n, random);
      const y = x.map((one) => rho * one + Math.sqrt(1 - rho * rho) * random.normal());
      return correlationInterval((kind === 'pearson' ? pearson : spearman)(x, y), n, confidence, kind);
    },
    { to: 0.98 },
  );
};

export const testCases: readonly Case[] = [
  alarm(
    'McNemar exact, 400 answers, 8 % flips, no difference',
    (random) => {
      const { b, c } = drawPairs(400, 0.08, 0, random);
      return mcnemar(b, c).exact <= alpha;
    },
    { to: alpha },
  ),
  alarm('McNemar mid-p, 400 answers, 8 % flips, no difference', (random) => {
    const { b, c } = drawPairs(400, 0.08, 0, random);
    return mcnemar(b, c).midP <= alpha;
  }),
  alarm('TOST on 600 answers, truly better by the margin of 2 points', (random) => {
    const pairs = drawPairs(600, 0.06, 0.02, random);
    const evidence = {
      kind: 'pairs',
      bothRight: 600 - pairs.b - pairs.c,
      onlyBaselineRight: pairs.b,
      onlyCandidateRight: pairs.c,
      bothWrong: 0,
    } as const;
    const value = (pairs.c - pairs.b) / 600;
    return tost({ kind: 'difference', value, ...tangoInterval(pairs, 0.9), evidence, method: '' }, 0.02).equivalent;
  }),
  alarm('Kolmogorov–Smirnov, 200 waiting times that are exponential', (random) => {
    return kolmogorovOne(skewed(200, random), (x) => 1 - Math.exp(-x)).p <= alpha;
  }),
  alarm('Kolmogorov–Smirnov, two samples of 40 and 60', (random) => {
    return kolmogorovTwo(skewed(40, random), skewed(60, random)).p <= alpha;
  }),
  alarm('χ² of flips by five groups of 60', (random) => {
    const groups = Array.from({ length: 300 }, (_, i) => i % 5);
    const flips = groups.map(() => (random.next() < 0.1 ? 1 : 0));
    return chiSquared(crossTable(groups, flips, 5, 2)).p <= alpha;
  }),
  alarm(
    'reshuffled flips by four groups, rare flips',
    (random) => {
      const groups = Array.from({ length: 80 }, (_, i) => (i < 8 ? 0 : 1 + (i % 3)));
      const flips = groups.map(() => (random.next() < 0.06 ? 1 : 0));
      return permutationIndependence(groups, flips, { random, shuffles: 199 }).p <= alpha;
    },
    { to: alpha },
  ),
  alarm('Welch, 12 and 30 values of different spread', (random) => {
    return (
      welch(
        normal(12, random).map((one) => 3 * one),
        normal(30, random),
      ).p <= alpha
    );
  }),
  alarm('paired t, 30 pairs', (random) => pairedT(normal(30, random), normal(30, random)).p <= alpha),
  alarm(
    'signed ranks, 25 differences with ties',
    (random) => {
      return wilcoxonSignedRank(Float64Array.from({ length: 25 }, () => Math.round(2 * random.normal()))).p <= alpha;
    },
    { to: alpha },
  ),
  covers('Wilson interval, 300 answers, 90 % right', 0.9, (random) => wilson(count(300, 0.9, random), 300, confidence)),
  covers('Newcombe interval, 80 and 200 answers of separate groups', 0.05, (random) =>
    newcombe({ successes: count(80, 0.9, random), n: 80 }, { successes: count(200, 0.85, random), n: 200 }, confidence),
  ),
  clustered(20),
  clustered(60),
  clustered(300),
  unclustered,
  correlated(60, 'pearson'),
  correlated(60, 'spearman'),
];
