import * as w from '../../../simd/code.ts';
import type { Code } from '../../../simd/code.ts';
import {
  around,
  attemptAt,
  clamped,
  g,
  high,
  least,
  low,
  most,
  offset,
  scale,
  to,
  values,
  zero,
  type FourSettings,
} from './four-memory.ts';
import { middleOf, topOf } from './rtn.ts';

/** The k-quant search of `kQuantFit`: ranges a little narrower and wider than the block's own, each with the scale that fits its codes. */
export const kQuant = ({ scheme }: FourSettings, count: Code): Code => {
  const [top, middle] = [topOf(scheme), middleOf(scheme)];
  const tryOffset = (by: Code): Code => {
    if (scheme.symmetric) {
      const signed = w.select(w.moreThan(g(high), w.neg(g(low))), g(high), g(low));
      const tried = w.div(signed, w.sub(w.floats(-middle), w.mul(by, w.floats(0.5))));
      return w.call(attemptAt, count, tried, w.floats(middle), by);
    }
    const tried = w.div(w.sub(g(high), g(low)), w.add(w.floats(top), by));
    const point = w.min(w.nearest(w.div(w.neg(g(low)), tried)), w.floats(top));
    return w.call(attemptAt, count, tried, point, by);
  };
  const again = w.call(attemptAt, count, g(scale), g(zero), g(offset));
  return w.all(
    ...[-1.5, -1, -0.5, 0.5, 1].map((by) => tryOffset(w.floats(by))),
    to(around, g(offset)),
    ...[-0.25, 0.25].map((by) => tryOffset(w.add(g(around), w.floats(by)))),
    again,
    again,
  );
};

const hqqRounds = 20;

/** Half-quadratic quantization with integer zero points. With weights between 1 and 2 and β = 10 the shrinkage takes every error below 0.17
 *  for an outlier's share of nothing: a round is the nearest codes and the mean of what is left as the new zero point, as long as the error
 *  falls. The integers beside the real zero point are tried, then scales and zero points around the best, each with the scale that fits its
 *  codes; the least squared error wins, and it is never above round to nearest's.
 *  Source: Badri and Shaji 2023, Half-Quadratic Quantization; zero points stay integers because kernels are many times slower otherwise. */
export const hqq = (
  { scheme }: FourSettings,
  count: Code,
  own: readonly [
    at: number,
    end: number,
    round: number,
    value: number,
    code: number,
    sum: number,
    moved: number,
    point: number,
    error: number,
    active: number,
    inverse: number,
  ],
): Code => {
  const top = topOf(scheme);
  const [at, end, round, value, code, sum, moved, point, error, active, inverse] = own;
  const here = w.get(at);
  const span = w.max(w.sub(g(most), g(least)), w.floats(2 ** -20));
  const step = w.div(w.floats(1), w.get(inverse));
  const tryPoint = (candidate: Code): Code =>
    w.call(attemptAt, count, step, clamped(candidate, w.floats(0), w.floats(top)), w.floats(0));
  const beside = (by: number, points: number): Code =>
    w.call(
      attemptAt,
      count,
      w.mul(g(around), w.floats(by)),
      clamped(w.add(w.get(point), w.floats(points)), w.floats(0), w.floats(top)),
      w.floats(0),
    );
  const again = w.call(attemptAt, count, g(scale), g(zero), w.floats(0));
  return w.all(
    w.set(inverse, w.div(w.floats(top), span)),
    w.set(point, w.mul(w.neg(g(least)), w.get(inverse))),
    w.set(error, w.floats(Infinity)),
    w.set(active, w.ints(-1)),
    w.set(end, w.intMul(count, w.int(16))),
    w.set(round, w.int(0)),
    w.repeatWhile(
      w.intAnd(w.below(w.get(round), w.int(hqqRounds)), w.any(w.get(active))),
      w.set(sum, w.floats(0)),
      w.set(moved, w.floats(0)),
      w.set(at, w.int(0)),
      w.repeatWhile(
        w.below(here, w.get(end)),
        w.set(value, w.mul(w.load(here, values), w.get(inverse))),
        w.set(
          code,
          w.sub(clamped(w.nearest(w.add(w.get(value), w.get(point))), w.floats(0), w.floats(top)), w.get(value)),
        ),
        w.set(sum, w.add(w.get(sum), w.abs(w.sub(w.get(code), w.get(point))))),
        w.set(moved, w.add(w.get(moved), w.get(code))),
        w.set(at, w.intAdd(here, w.int(16))),
      ),
      w.set(active, w.both(w.get(active), w.lessThan(w.get(sum), w.get(error)))),
      w.set(error, w.select(w.get(active), w.get(sum), w.get(error))),
      w.set(point, w.select(w.get(active), w.div(w.get(moved), w.fromInt(count)), w.get(point))),
      w.set(round, w.intAdd(w.get(round), w.int(1))),
    ),
    tryPoint(w.floor(w.get(point))),
    tryPoint(w.add(w.floor(w.get(point)), w.floats(1))),
    to(around, g(scale)),
    w.set(point, g(zero)),
    ...[
      [0.92, 0],
      [0.96, 0],
      [1.04, 0],
      [1.08, 0],
      [1, -1],
      [1, 1],
      [0.95, -1],
      [0.95, 1],
    ].map(([by, points]) => beside(by!, points!)),
    again,
    again,
  );
};
