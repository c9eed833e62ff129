import { SteelyardError } from '../../contracts/index.ts';
import { elementCount } from '../../model/tensor/index.ts';

/** A histogram that keeps what k-means needs: bins in ascending order with their counts, sums and sums of squares. */
interface Bins {
  readonly count: Float64Array;
  readonly sum: Float64Array;
  readonly squares: Float64Array;
}

/** Enough to tell clusters apart; few values need few. */
const edgesFor = (n: number, k: number): number => Math.min(1024, Math.max(64, 3 * k, Math.ceil(n / 32)));

/** Bins of sorted values by edges of two kinds: even in value, so that tails keep their resolution, and even in rank, so that an outlier
 *  does not put everything else into one bin. Empty bins are dropped. */
const binsOf = (sorted: Float32Array, edgesPerKind: number): Bins => {
  const n = sorted.length;
  const [low, high] = [sorted[0]!, sorted[n - 1]!];
  const edges = new Float64Array(2 * edgesPerKind);
  for (let i = 0; i < edgesPerKind; i++) {
    edges[i] = low + ((high - low) * (i + 1)) / edgesPerKind;
    edges[edgesPerKind + i] = sorted[Math.min(n - 1, Math.floor((n * (i + 1)) / edgesPerKind))]!;
  }
  edges.sort();
  const [count, sum, squares] = [0, 0, 0].map(() => new Float64Array(edges.length + 1)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  let bin = 0;
  for (let i = 0; i < n; i++) {
    const value = sorted[i]!;
    while (bin < edges.length && value > edges[bin]!) bin++;
    count[bin]!++;
    sum[bin]! += value;
    squares[bin]! += value * value;
  }
  const filled = [...count.keys()].filter((i) => count[i]! > 0);
  const pick = (from: Float64Array): Float64Array => Float64Array.from(filled, (i) => from[i]!);
  return { count: pick(count), sum: pick(sum), squares: pick(squares) };
};

/** Optimal grouping of bins into at most `k` runs (least sum of squared distances to the run's mean): where each run starts.
 *  Time: k · bins · log(bins). Source: Wang & Song 2011 (dynamic programming for one-dimensional k-means), divide and conquer over the
 *  monotone split points. */
const optimalRuns = ({ count, sum, squares }: Bins, k: number): readonly number[] => {
  const m = count.length;
  const prefix = (values: Float64Array): Float64Array => {
    const sums = new Float64Array(m + 1);
    for (let i = 0; i < m; i++) sums[i + 1] = sums[i]! + values[i]!;
    return sums;
  };
  const [counts, sums, square] = [prefix(count), prefix(sum), prefix(squares)];
  const cost = (from: number, to: number): number => {
    const total = sums[to]! - sums[from]!;
    return Math.max(0, square[to]! - square[from]! - (total * total) / (counts[to]! - counts[from]!));
  };
  let before = Float64Array.from({ length: m + 1 }, (_, end) => (end === 0 ? 0 : cost(0, end)));
  /** splits[c][end]: where the last of c + 1 runs over the first `end` bins starts. */
  const splits: Uint16Array[] = [new Uint16Array(m + 1)];
  for (let runs = 2; runs <= k; runs++) {
    const now = new Float64Array(m + 1).fill(Number.POSITIVE_INFINITY);
    const split = new Uint16Array(m + 1);
    const solve = (first: number, last: number, least: number, most: number): void => {
      if (first > last) return;
      const middle = (first + last) >> 1;
      let best = least;
      let lowest = Number.POSITIVE_INFINITY;
      for (let start = Math.max(least, runs - 1); start <= Math.min(most, middle - 1); start++) {
        const value = before[start]! + cost(start, middle);
        if (value < lowest) {
          lowest = value;
          best = start;
        }
      }
      now[middle] = lowest;
      split[middle] = best;
      solve(first, middle - 1, least, best);
      solve(middle + 1, last, best, most);
    };
    solve(runs, m, runs - 1, m - 1);
    splits.push(split);
    before = now;
  }
  const starts: number[] = [];
  for (let runs = k - 1, end = m; runs >= 0; runs--) {
    const start = splits[runs]![end]!;
    starts.unshift(start);
    end = start;
  }
  return starts;
};

/** The first position in sorted values that is above a limit. */
const above = (sorted: Float32Array, limit: number): number => {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! > limit) high = middle;
    else low = middle + 1;
  }
  return low;
};

/** Cluster centers of finite numbers, at most `k`, ascending and distinct: the optimum over a histogram, then Lloyd's iterations on all values.
 *  Exact where there are at most `k` distinct values. No randomness. Time: one sort; each iteration k · log n.
 *  Source: Lloyd 1982; Wang & Song 2011. */
export const centersOf = (values: Float32Array, k: number): Float32Array => {
  const sorted = values.slice().sort();
  const n = sorted.length;
  const few: number[] = [];
  for (let i = 0; i < n && few.length <= k; i++)
    if (few.length === 0 || sorted[i]! !== few.at(-1)!) few.push(sorted[i]!);
  if (few.length <= k) return Float32Array.from(few, (value) => value + 0);
  const bins = binsOf(sorted, edgesFor(n, k));
  const starts = optimalRuns(bins, Math.min(k, bins.count.length));
  const mean = (from: Float64Array, start: number, end: number): number => {
    let total = 0;
    for (let i = start; i < end; i++) total += from[i]!;
    return total;
  };
  let centers = starts.map((start, i) => {
    const end = starts[i + 1] ?? bins.count.length;
    return mean(bins.sum, start, end) / mean(bins.count, start, end);
  });
  const sums = new Float64Array(n + 1);
  for (let i = 0; i < n; i++) sums[i + 1] = sums[i]! + sorted[i]!;
  let borders: readonly number[] = [];
  for (let round = 0; round < 100; round++) {
    const next = [0, ...centers.slice(1).map((center, i) => above(sorted, (centers[i]! + center) / 2)), n];
    if (next.length === borders.length && next.every((border, i) => border === borders[i])) break;
    borders = next;
    centers = centers.map((center, i) => {
      const [from, to] = [next[i]!, next[i + 1]!];
      return to > from ? (sums[to]! - sums[from]!) / (to - from) : center;
    });
  }
  return Float32Array.from(new Set(Float32Array.from(centers))).sort();
};

/** The nearest center of each value; of two equally near ones the lower. `into` receives the codes. */
export const nearestCodes = (values: Float32Array, centers: Float32Array, into: Uint8Array): void => {
  const last = centers.length - 1;
  const middles = new Float64Array(last);
  for (let i = 0; i < last; i++) middles[i] = (centers[i]! + centers[i + 1]!) / 2;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    let [low, high] = [0, last];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (value > middles[middle]!) low = middle + 1;
      else high = middle;
    }
    into[i] = low;
  }
};

/** A weight as codes: one byte each, and the centers of all groups one after another. */
export interface Coded {
  readonly codes: Uint8Array;
  readonly centers: Float32Array;
  /** Where the centers of each position along the axis start; null with one group. */
  readonly offsets: Int32Array | null;
}

/** Cluster a weight, as a whole or in groups of `size` neighbours along an axis. Errors: `engine/cancelled`. */
export const encodeWeight = async (
  values: Float32Array,
  dims: readonly number[],
  axis: number,
  size: number,
  bits: number,
  signal: AbortSignal,
): Promise<Coded> => {
  const along = dims[axis]!;
  const entries = 2 ** bits;
  const codes = new Uint8Array(values.length);
  if (size === 0 || size >= along) {
    const centers = centersOf(values, entries);
    nearestCodes(values, centers, codes);
    return { codes, centers, offsets: null };
  }
  const inner = elementCount(dims.slice(axis + 1));
  const outer = elementCount(dims.slice(0, axis));
  const groups = Math.ceil(along / size);
  const centers = new Float32Array(groups * entries);
  const offsets = new Int32Array(along);
  for (let group = 0; group < groups; group++) {
    // A weight can have thousands of groups: let a cancellation in.
    if (group % 16 === 15) await new Promise<void>((resolve) => setImmediate(resolve));
    if (signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while clustering weights');
    const [first, last] = [group * size, Math.min(along, (group + 1) * size)];
    const run = (last - first) * inner;
    const part = new Float32Array(outer * run);
    for (let i = 0; i < outer; i++)
      part.set(values.subarray((i * along + first) * inner, (i * along + last) * inner), i * run);
    const own = centersOf(part, entries);
    const found = new Uint8Array(part.length);
    nearestCodes(part, own, found);
    for (let i = 0; i < outer; i++) codes.set(found.subarray(i * run, (i + 1) * run), (i * along + first) * inner);
    centers.set(own, group * entries);
    offsets.fill(group * entries, first, last);
  }
  return { codes, centers, offsets };
};
