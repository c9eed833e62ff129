import type { Scatter, Span } from '../blocks.ts';

export interface Range {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
}
export interface Frame {
  readonly x: Range;
  readonly y: Range;
}

/** Round numbers that divide a range into about `count` parts. */
export const ticksOf = (low: number, high: number, count: number): number[] => {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const off = (step: number): number => Math.abs(Math.log(step / rough));
  const step = [1, 2, 2.5, 5, 10].map((one) => one * power).reduce((a, b) => (off(b) < off(a) ? b : a));
  const ticks: number[] = [];
  for (let index = Math.ceil(low / step - 1e-9); index * step <= high + step * 1e-9 && ticks.length < 50; index++)
    ticks.push(Number((index * step).toPrecision(12)) + 0);
  return ticks;
};

/** Decimals that tell the ticks apart. */
export const tickDecimals = (ticks: readonly number[]): number => {
  for (let decimals = 0; decimals < 8; decimals++)
    if (ticks.every((tick) => Math.abs(tick - Number(tick.toFixed(decimals))) < 1e-9)) return decimals;
  return 8;
};

const extent = (values: readonly number[]): [number, number] => {
  const finite = values.filter((value) => Number.isFinite(value));
  return finite.length === 0 ? [0, 1] : [Math.min(...finite), Math.max(...finite)];
};

const rangeOf = (scatter: Scatter, axis: 'x' | 'y', tickCount: number): Range => {
  const ends = (span: Span): number[] => [span.value, span.low, span.high];
  const near = scatter.points.filter(({ role }) => role !== 'fails');
  const limits = scatter.limits.filter((limit) => limit.axis === axis).map(({ value }) => value);
  let [low, high] = extent([...near.flatMap((point) => ends(point[axis])), ...limits]);
  const [allLow, allHigh] = extent([low, high, ...scatter.points.flatMap((point) => ends(point[axis]))]);
  const span = high - low;
  const outside = scatter.points.filter((point) => point[axis].value < low || point[axis].value > high).length;
  // A few versions that fail by far must not press all others into one spot: they are drawn at the edge instead.
  if (span <= 0 || allHigh - allLow <= 2.5 * span || outside > scatter.points.length / 3)
    [low, high] = [allLow, allHigh];
  const size = high - low > 0 ? high - low : Math.max(Math.abs(high), 1) * 0.2;
  low -= size * 0.08;
  high += size * 0.08;
  return { low, high, ticks: ticksOf(low, high, tickCount) };
};

/** What part of the plane to show. */
export const frameOf = (scatter: Scatter, ticksX: number, ticksY: number): Frame => ({
  x: rangeOf(scatter, 'x', ticksX),
  y: rangeOf(scatter, 'y', ticksY),
});

/** Points beyond the frame. */
export const beyond = (scatter: Scatter, { x, y }: Frame): Scatter['points'] =>
  scatter.points.filter(
    (point) => point.x.value < x.low || point.x.value > x.high || point.y.value < y.low || point.y.value > y.high,
  );
