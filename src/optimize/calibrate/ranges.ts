import type { Histogram } from './histogram.ts';

/** The interval of values that the codes will cover. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** How codes stand for values: value = (code − zeroPoint) · scale. */
export interface Parameters {
  readonly type: 'uint8' | 'int8';
  /** A float32 number. */
  readonly scale: number;
  readonly zeroPoint: number;
}

/** The least and greatest code of each type; int8 leaves −128 unused where it is symmetric. */
export const codesOf = (type: 'uint8' | 'int8', symmetric: boolean): readonly [least: number, most: number] =>
  type === 'uint8' ? [0, 255] : symmetric ? [-127, 127] : [-128, 127];

/** Adding and subtracting 1.5 · 2^52 rounds a double to the nearest integer, ties to even. */
const half = 6755399441055744;
const smallest = 1.1754943508222875e-38;

/** Scale and zero point for a range. uint8 covers [low, high]; int8 covers ±max(|low|, |high|) with zero point 0, or [low, high] when
 *  `symmetric` is false. Zero is always a code: it is padding, and what Relu makes. A range too small for float32 gets scale 1.
 *  Units: real value per integer step. Source: ONNX QuantizeLinear; Jacob et al. 2018, §2.1. */
export const parametersOf = (range: Range, type: 'uint8' | 'int8', symmetric = type === 'int8'): Parameters => {
  const [least, most] = codesOf(type, symmetric);
  let low = Math.min(range.low, 0);
  let high = Math.max(range.high, 0);
  if (symmetric) {
    high = Math.max(-low, high);
    low = -high;
  }
  const scale = Math.fround((high - low) / (most - least));
  if (!(scale >= smallest) || scale === Number.POSITIVE_INFINITY) return { type, scale: 1, zeroPoint: 0 };
  const zeroPoint = symmetric ? (least + most) / 2 : least - low / scale;
  return { type, scale, zeroPoint: Math.min(most, Math.max(least, zeroPoint + half - half)) };
};

const widthOf = ({ counts, limit }: Histogram): number => (2 * limit) / counts.length;

/** Mean squared difference between the values of a histogram and what these codes can say, rounding and clipping together.
 *  Each bin counts as its middle. Units: the values' own, squared. */
export const quantizationError = (histogram: Histogram, parameters: Parameters): number => {
  const { counts, total } = histogram;
  if (total === 0) return 0;
  const { scale, zeroPoint, type } = parameters;
  const width = widthOf(histogram);
  const [least, most] = codesOf(type, false);
  const middle = counts.length / 2;
  let sum = 0;
  for (let bin = 0; bin < counts.length; bin++) {
    const count = counts[bin]!;
    if (count === 0) continue;
    const value = (bin - middle + 0.5) * width;
    const code = value / scale + half - half + zeroPoint;
    const gap = value - ((code < least ? least : code > most ? most : code) - zeroPoint) * scale;
    sum += count * gap * gap;
  }
  return sum / total;
};

/** Everything that was seen. */
export const minMaxRange = ({ low, high }: Histogram): Range => ({ low, high });

const within = ({ low, high }: Histogram, least: number, most: number): Range => ({
  low: Math.max(low, least),
  high: Math.min(high, most),
});

/** The middle `percent` of all values: (100 − percent) / 2 of them lie outside on each side. Each tail counts on its own, so a range
 *  may be lopsided. Source: percentile calibration, as ONNX Runtime's and TensorRT's tools name it. */
export const percentileRange = (histogram: Histogram, percent: number): Range => {
  const { counts, total } = histogram;
  const width = widthOf(histogram);
  const middle = counts.length / 2;
  const most = (total * (100 - percent)) / 200;
  let bottom = 0;
  for (let seen = counts[0]!; bottom < counts.length - 1 && seen <= most; seen += counts[bottom]!) bottom++;
  let top = counts.length - 1;
  for (let seen = counts[top]!; top > 0 && seen <= most; seen += counts[top]!) top--;
  return within(histogram, (bottom - middle) * width, (top + 1 - middle) * width);
};

/** log(count − given), from log(count): nearly all of a logarithm does not depend on the window. */
const logLess = (count: number, log: number, given: number): number => {
  const part = given / count;
  return part < 1e-4 ? log - part * (1 + part * (1 / 2 + part / 3)) : Math.log(count - given);
};

/** Kullback-Leibler divergence between the bins [from, to) with all outliers at their ends, and the same bins seen through `levels` codes.
 *  Infinity where the window is empty. `logs`: of the counts. */
const divergence = (
  counts: Float64Array,
  logs: Float64Array,
  from: number,
  to: number,
  below: number,
  above: number,
  levels: number,
): number => {
  const size = to - from;
  const merged = size / levels;
  const tiny = 1e-4;
  const last = to - 1;
  const ends = { first: counts[from]! + below, last: counts[last]! + above };
  let filled = (ends.first > 0 ? 1 : 0) + (ends.last > 0 ? 1 : 0);
  let seen = counts[from]! + counts[last]!;
  for (let bin = from + 1; bin < last; bin++) {
    const count = counts[bin]!;
    if (count > 0) filled++;
    seen += count;
  }
  const total = seen + below + above;
  if (filled === 0 || seen === 0) return Number.POSITIVE_INFINITY;
  // Empty bins get a tiny count that the others give, so that no logarithm is infinite.
  const given = (tiny * (size - filled)) / filled;
  if (given >= 1) return Number.POSITIVE_INFINITY;
  // An empty bin looks the same through the codes: it adds to the sum of these only.
  let share = tiny * (size - filled);
  let sum = 0;
  for (let level = 0; level < levels; level++) {
    const begin = from + Math.floor(level * merged);
    const end = level === levels - 1 ? to : from + Math.floor((level + 1) * merged);
    let together = 0;
    let holders = 0;
    for (let bin = begin; bin < end; bin++) {
      const count = counts[bin]!;
      together += count;
      if (count > 0) holders++;
    }
    if (begin === from && counts[from] === 0 && ends.first > 0) holders++;
    if (end === to && counts[last] === 0 && ends.last > 0) holders++;
    if (holders === 0) continue;
    const q = Math.max(together / holders - given, tiny);
    const log = Math.log(q);
    share += q * holders;
    for (let bin = begin; bin < end; bin++) {
      const count = counts[bin]!;
      if (count > 0 && bin !== from && bin !== last) sum += (count - given) * (logLess(count, logs[bin]!, given) - log);
    }
    if (begin === from && ends.first > 0) sum += (ends.first - given) * (Math.log(ends.first - given) - log);
    if (end === to && ends.last > 0) sum += (ends.last - given) * (Math.log(ends.last - given) - log);
  }
  // Σ p/P · log((p/P) / (q/Q)) from the unnormalized sum.
  return sum / total + Math.log(share / total);
};

/** The counts with the zeros left out, which Relu, padding and masks make by the thousand: zero is a code in every window, so they say nothing
 *  about its width, but their one full bin would make every window look bad that merges it with others. It holds what lies beside it. */
const withoutZeros = (counts: Float64Array): Float64Array => {
  const middle = counts.length / 2;
  const rest = counts.slice();
  rest[middle] = Math.min(counts[middle]!, Math.max(counts[middle - 1]!, counts[middle + 1]!));
  return rest;
};

/** The symmetric window whose values, seen through 128 codes, lose the least information; cut to what was seen. Windows grow in steps of
 *  1.5 % from 128 bins to all, so a histogram of 8,192 bins is tried at some 230 places, and far outliers are cut off. Zeros do not count.
 *  Source: entropy calibration (Migacz 2017, "8-bit inference with TensorRT"). */
export const entropyRange = (histogram: Histogram, levels = 128): Range => {
  const counts = withoutZeros(histogram.counts);
  const bins = counts.length;
  const middle = bins / 2;
  if (bins <= levels) return minMaxRange(histogram);
  const before = new Float64Array(bins + 1);
  for (let bin = 0; bin < bins; bin++) before[bin + 1] = before[bin]! + counts[bin]!;
  const total = before[bins]!;
  const logs = counts.map(Math.log);
  let best = middle;
  let least = Number.POSITIVE_INFINITY;
  for (let reach = levels / 2; ; reach = Math.min(middle, reach + Math.max(1, reach >> 6))) {
    const [from, to] = [middle - reach, middle + reach];
    const lost = divergence(counts, logs, from, to, before[from]!, total - before[to]!, levels);
    if (lost < least) [best, least] = [reach, lost];
    if (reach === middle) break;
  }
  return within(histogram, -best * widthOf(histogram), best * widthOf(histogram));
};

/** Factors by which a range shrinks: 1, 0.95, … down to a twentieth. */
const factors = Array.from({ length: 59 }, (_, i) => 0.95 ** i);

/** The range with the least mean squared error (`quantizationError`): the two ends shrink in turn by 5 % steps until neither gains; with
 *  `symmetric` both together. Source: MSE calibration over a grid of clipping factors. */
export const mseRange = (histogram: Histogram, type: 'uint8' | 'int8', symmetric = type === 'int8'): Range => {
  let range: Range = { low: Math.min(0, histogram.low), high: Math.max(0, histogram.high) };
  const error = (candidate: Range): number => quantizationError(histogram, parametersOf(candidate, type, symmetric));
  let least = error(range);
  const attempt = (candidates: readonly Range[]): boolean => {
    let better = false;
    for (const candidate of candidates) {
      const lost = error(candidate);
      if (lost < least) [range, least, better] = [candidate, lost, true];
    }
    return better;
  };
  const { low, high } = range;
  const reach = Math.max(-low, high);
  attempt(factors.map((by) => within(histogram, -reach * by, reach * by)));
  if (symmetric) return range;
  for (let round = 0; round < 3; round++) {
    const tops = attempt(factors.map((by) => ({ low: range.low, high: high * by })));
    const bottoms = attempt(factors.map((by) => ({ low: low * by, high: range.high })));
    if (!tops && !bottoms) break;
  }
  return range;
};

/** The range of all these methods whose codes have the least mean squared error on the values that were seen. */
export const bestRange = (histogram: Histogram, type: 'uint8' | 'int8', symmetric = type === 'int8'): Range => {
  const candidates = [
    minMaxRange(histogram),
    percentileRange(histogram, 99.999),
    percentileRange(histogram, 99.99),
    percentileRange(histogram, 99.9),
    entropyRange(histogram),
    mseRange(histogram, type, symmetric),
  ];
  const errors = candidates.map((one) => quantizationError(histogram, parametersOf(one, type, symmetric)));
  return candidates[errors.indexOf(Math.min(...errors))]!;
};
