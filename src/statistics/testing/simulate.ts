import type { Comparison, Random } from '../../contracts/index.ts';
import {
  bca,
  bootstrap,
  bootstrapMean,
  bootstrapMedian,
  earlyStoppingPercentile,
  mean,
  median,
  pAbove,
  pBelow,
  pOwnBelow,
  seeded,
  sorted,
  studentCdf,
  tangoInterval,
  tangoTest,
  wilson,
  type BootstrapResult,
} from '../index.ts';
import { alpha, confidence, drawPairs, type Case } from './case.ts';
import { lookCases } from './look-cases.ts';
import { testCases } from './test-cases.ts';

export type { Case } from './case.ts';

const tangoGate = (n: number, discordant: number, margin: number): Case => ({
  name: `Tango gate, n ${n}, ${100 * discordant} % flips, truly worse by the margin of ${100 * margin} points`,
  what: 'false claims',
  from: 0,
  to: alpha + 0.01,
  once: (random) => tangoTest(drawPairs(n, discordant, -margin, random), margin).p <= alpha,
});

const tangoCoverage = (n: number, discordant: number, difference: number): Case => ({
  name: `Tango interval, n ${n}, ${100 * discordant} % flips, difference ${100 * difference} points`,
  what: 'coverage',
  from: 0.93,
  to: 0.985,
  once: (random) => {
    const { low, high } = tangoInterval(drawPairs(n, discordant, difference, random), confidence);
    return low <= difference && difference <= high;
  },
});

/** Right answers of two classifiers on a rare class: probability of (truth, baseline's answer, candidate's answer), 8 cells. */
const cells = (() => {
  const list: { truth: number; a: number; b: number; p: number }[] = [];
  for (const truth of [0, 1])
    for (const a of [0, 1])
      for (const b of [0, 1]) {
        const right = a === truth ? 0.9 : 0.1;
        // The candidate repeats the baseline's answer, but loses more right ones than it wins.
        const change = a === truth ? 0.06 : 0.2;
        list.push({ truth, a, b, p: (truth === 1 ? 0.25 : 0.75) * right * (a === b ? 1 - change : change) });
      }
  return list;
})();

const f1Of = (counts: ArrayLike<number>, side: 'a' | 'b'): number => {
  let [hits, wrong] = [0, 0];
  for (const [index, cell] of cells.entries()) {
    if (cell.truth === 1 && cell[side] === 1) hits += counts[index]!;
    else if (cell.truth !== cell[side]) wrong += counts[index]!;
  }
  return hits === 0 ? 0 : (2 * hits) / (2 * hits + wrong);
};
const f1Difference = (counts: ArrayLike<number>): number => f1Of(counts, 'b') - f1Of(counts, 'a');
const trueF1Difference = f1Difference(cells.map(({ p }) => p));

const drawF1 = (
  n: number,
  random: Random,
  draw: typeof bootstrap = bootstrap,
): { readonly value: number; readonly drawn: BootstrapResult } => {
  const items = Int32Array.from({ length: n }, () => {
    let u = random.next();
    for (const [index, { p }] of cells.entries()) if ((u -= p) < 0) return index;
    return cells.length - 1;
  });
  const counts = new Int32Array(cells.length);
  const statistic = (weights: Int32Array | null): number => {
    counts.fill(0);
    for (let i = 0; i < n; i++) counts[items[i]!]! += weights === null ? 1 : weights[i]!;
    return f1Difference(counts);
  };
  return { value: statistic(null), drawn: draw(n, statistic, { confidence, random, replicates: 600 }) };
};

const comparison = (kind: Comparison['kind'], value: number, { low, high, evidence }: BootstrapResult): Comparison => ({
  kind,
  value,
  low,
  high,
  evidence,
  method: '',
});

const f1Gate = (n: number): Case => ({
  name: `bootstrap gate on F1, n ${n}, truly worse by the margin of ${(-100 * trueF1Difference).toFixed(1)} points`,
  what: 'false claims',
  from: 0,
  to: alpha + 0.015,
  slow: true,
  once: (random) => {
    const { value, drawn } = drawF1(n, random);
    return pAbove(comparison('difference', value, drawn), trueF1Difference, n) <= alpha;
  },
});

const f1Coverage = (n: number): Case => ({
  name: `bootstrap interval of a difference of F1, n ${n}`,
  what: 'coverage',
  from: 0.93,
  to: 0.97,
  ...(n > 300 ? { slow: true } : {}),
  once: (random) => {
    const { low, high } = drawF1(n, random).drawn;
    return low <= trueF1Difference && trueF1Difference <= high;
  },
});

const correctedF1Gate = (n: number): Case => ({
  name: `BCa gate on F1, n ${n}, truly worse by the margin of ${(-100 * trueF1Difference).toFixed(1)} points`,
  what: 'false claims',
  from: 0,
  to: alpha + 0.015,
  slow: true,
  once: (random) => {
    const { value, drawn } = drawF1(n, random, bca);
    return pAbove(comparison('difference', value, drawn), trueF1Difference, n) <= alpha;
  },
});

const correctedF1Coverage = (n: number): Case => ({
  name: `BCa interval of a difference of F1, n ${n}`,
  what: 'coverage',
  from: 0.93,
  to: 0.97,
  slow: true,
  once: (random) => {
    const { low, high } = drawF1(n, random, bca).drawn;
    return low <= trueF1Difference && trueF1Difference <= high;
  },
});

const meanCoverage = (n: number): Case => ({
  name: `bootstrap interval of a mean of skewed values, n ${n}`,
  what: 'coverage',
  from: 0.92,
  to: 0.97,
  once: (random) => {
    const values = Float64Array.from({ length: n }, () => -Math.log(1 - random.next()));
    const { low, high } = bootstrapMean(values, { confidence, random, replicates: 600 });
    return low <= 1 && 1 <= high;
  },
});

/** Ratios of interleaved rounds: the truth times noise with bursts; `memory` is how much of a round's noise stays in the next. */
const drawRatios = (rounds: number, truth: number, memory: number, random: Random): Float64Array => {
  let state = random.normal();
  return Float64Array.from({ length: rounds }, () => {
    state = memory * state + Math.sqrt(1 - memory * memory) * random.normal();
    const burst = random.next() < 0.05 ? 0.3 * random.normal() : 0;
    return truth * Math.exp(0.03 * state + burst);
  });
};

const medianCoverage = (rounds: number, memory: number): Case => ({
  name: `median of paired ratios, ${rounds} rounds${memory === 0 ? '' : `, neighbors correlated by ${memory}`}`,
  what: 'coverage',
  from: memory === 0 ? 0.93 : 0.91,
  to: 0.975,
  once: (random) => {
    const { low, high } = bootstrapMedian(drawRatios(rounds, 0.9, memory, random), {
      confidence,
      random,
      replicates: 600,
    });
    return low <= 0.9 && 0.9 <= high;
  },
});

const ratioGate = (rounds: number): Case => ({
  name: `gate "at least 10 % faster", ${rounds} rounds, truly exactly 10 % faster`,
  what: 'false claims',
  from: 0,
  to: alpha + 0.01,
  once: (random) => {
    const ratios = drawRatios(rounds, 0.9, 0, random);
    const drawn = bootstrapMedian(ratios, { confidence, random, replicates: 600, blockLength: 1 });
    return pBelow(comparison('ratio', median(ratios), drawn), 0.9, rounds) <= alpha;
  },
});

const countGate = (n: number, limit: number): Case => ({
  name: `gate "at most ${100 * limit} % changed", n ${n}, truly exactly ${100 * limit} %`,
  what: 'false claims',
  from: 0,
  to: alpha,
  once: (random) => {
    let changed = 0;
    for (let i = 0; i < n; i++) if (random.next() < limit) changed++;
    const own = { value: changed / n, ...wilson(changed, n, confidence), confidence, samples: n, unit: 'proportion' };
    return pOwnBelow({ ...own, unit: 'proportion' }, limit) <= alpha;
  },
});

const latePercentile = (n: number, percentile: number): Case => ({
  name: `early-stopping p${100 * percentile} of ${n} latencies lies below the true one`,
  what: 'false claims',
  from: 0,
  to: 0.01,
  once: (random) => {
    const latencies = Float64Array.from({ length: n }, () => -Math.log(1 - random.next()));
    return earlyStoppingPercentile(sorted(latencies), percentile)! < -Math.log(1 - percentile);
  },
});

const variance = (values: Float64Array): number => {
  const center = mean(values);
  return values.reduce((sum, value) => sum + (value - center) ** 2, 0) / (values.length - 1);
};

/** The canary: identical code, one version after the other on a machine whose speed wanders, compared as if runs were independent. */
const blocked: Case = {
  name: 'identical models measured one after the other, Welch’s t test: what not to do',
  what: 'false claims',
  from: 0.3,
  to: 1,
  once: (random) => {
    const speed = drawRatios(120, 1, 0.95, random);
    const [a, b] = [speed.slice(0, 60), speed.slice(60)];
    const [x, y] = [variance(a) / 60, variance(b) / 60];
    const t = Math.abs(mean(a) - mean(b)) / Math.sqrt(x + y);
    return 2 * studentCdf(-t, ((x + y) ** 2 * 59) / (x * x + y * y)) <= alpha;
  },
};

/** The same wandering machine, measured in turns: the ratio of each round takes the machine's speed out. */
const interleaved: Case = {
  name: 'identical models measured in turns on the same machine, median of paired ratios excludes 1',
  what: 'false claims',
  from: 0,
  to: 0.07,
  once: (random) => {
    const speed = drawRatios(120, 1, 0.95, random);
    const ratios = Float64Array.from({ length: 60 }, (_, i) => speed[2 * i]! / speed[2 * i + 1]!);
    const { low, high } = bootstrapMedian(ratios, { confidence, random, replicates: 600 });
    return low > 1 || high < 1;
  },
};

/** Every promise of this room that can be simulated, and one canary that must fail. */
export const cases: readonly Case[] = [
  tangoGate(200, 0.08, 0.03),
  tangoGate(1000, 0.05, 0.01),
  tangoGate(2000, 0.03, 0.01),
  tangoCoverage(100, 0.1, 0),
  tangoCoverage(1000, 0.05, -0.01),
  f1Gate(300),
  f1Gate(1000),
  f1Coverage(300),
  f1Coverage(1000),
  correctedF1Gate(300),
  correctedF1Coverage(300),
  meanCoverage(100),
  medianCoverage(60, 0),
  medianCoverage(200, 0),
  medianCoverage(200, 0.6),
  ratioGate(3),
  ratioGate(8),
  ratioGate(60),
  countGate(300, 0.02),
  countGate(2000, 0.01),
  latePercentile(64, 0.9),
  latePercentile(700, 0.99),
  interleaved,
  blocked,
  ...testCases,
  ...lookCases,
];

/** Share of `runs` experiments that came out true. */
export const simulate = (one: Case, runs: number, seed: number): number => {
  let count = 0;
  for (let run = 0; run < runs; run++) if (one.once(seeded(seed + run, one.name))) count++;
  return count / runs;
};

/** Whether a share is what was promised, three Monte-Carlo standard errors granted. */
export const asPromised = ({ from, to }: Case, share: number, runs: number): boolean => {
  const error = (p: number): number => 3 * Math.sqrt((p * (1 - p)) / runs);
  return share >= from - error(from) && share <= to + error(to);
};
