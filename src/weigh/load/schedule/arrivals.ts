import type { Random } from '../../../contracts/index.ts';

/** How long a schedule must be: until both hold, and no longer than the most. */
export interface Extent {
  readonly minMs: number;
  readonly minCount: number;
  readonly maxMs: number;
  readonly maxCount: number;
}

/** Arrival times in ms, ascending, from gaps in ms; the first request comes after the first gap. */
const fromGaps = (gap: () => number, { minMs, minCount, maxMs, maxCount }: Extent): Float64Array => {
  const times: number[] = [];
  let at = gap();
  while (times.length < maxCount && at <= maxMs && (at < minMs || times.length < minCount)) {
    times.push(at);
    at += gap();
  }
  return Float64Array.from(times);
};

/** Independent arrivals at a mean rate per second: exponential gaps. Source: MLPerf LoadGen, Server scenario. */
export const poissonArrivals = (rate: number, extent: Extent, random: Random): Float64Array =>
  // 1 − u is never 0.
  fromGaps(() => (-Math.log(1 - random.next()) * 1000) / rate, extent);

/** Arrivals at equal distances. */
export const constantArrivals = (rate: number, extent: Extent): Float64Array => fromGaps(() => 1000 / rate, extent);

/** A gamma variate with mean `shape`. Source: Marsaglia & Tsang, ACM TOMS 2000; below 1 by their power of a uniform. */
export const gammaVariate = (shape: number, random: Random): number => {
  if (shape < 1) return gammaVariate(shape + 1, random) * (1 - random.next()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    if (Math.log(1 - random.next()) < 0.5 * x * x + d * (1 - v + Math.log(v))) return d * v;
  }
};

/** Bursty arrivals: gamma gaps with shape = burstiness and scale = 1 / (rate · burstiness). Burstiness 1 is Poisson, below 1 arrivals come
 *  in bursts, above 1 they are more even. The sum of the gaps is scaled to count ÷ rate, so that a short run offers the asked rate exactly.
 *  Source: vLLM, benchmarks, request rate and burstiness. */
export const gammaArrivals = (rate: number, burstiness: number, extent: Extent, random: Random): Float64Array => {
  const count = Math.min(
    extent.maxCount,
    Math.floor((extent.maxMs * rate) / 1000),
    Math.max(extent.minCount, Math.ceil((extent.minMs * rate) / 1000)),
  );
  const times = new Float64Array(count);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    sum += gammaVariate(burstiness, random);
    times[i] = sum;
  }
  const scale = sum === 0 ? 0 : (count * 1000) / rate / sum;
  return times.map((at) => at * scale);
};
