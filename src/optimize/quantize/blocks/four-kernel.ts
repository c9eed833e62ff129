import { assemble, i32, routine, v128, type Routine } from '../../../simd/assemble.ts';
import * as w from '../../../simd/code.ts';
import type { Code } from '../../../simd/code.ts';
import { middleOf, tiny, topOf } from './rtn.ts';
import {
  around,
  attemptAt,
  beginAt,
  clamped,
  emitAt,
  fitAt,
  g,
  gain,
  givenAt,
  globals,
  high,
  least,
  low,
  most,
  offset,
  scale,
  scalesAt,
  to,
  up,
  values,
  weights,
  zero,
  zerosAt,
  type FourSettings,
} from './four-memory.ts';
import { hqq, kQuant } from './four-searches.ts';

/** begin(source, lane, row, count, full): takes four blocks from memory, side by side, and brings each to sizes between 1 and 2 by a power
 *  of two, which is exact; behind the last value zeros that weigh nothing, up to `full`. */
const begin = ({ importance }: FourSettings): Routine => {
  return routine(
    'begin',
    [i32, i32, i32, i32, i32],
    [i32, i32, v128, v128, v128],
    ([source, step, row, count, full, at, end, value, down, sum]) => {
      const x = w.get(value);
      const here = w.get(at);
      const next = w.set(at, w.intAdd(here, w.int(16)));
      const laneAt = (lane: number): Code => w.intAdd(w.get(source), w.intMul(w.get(step), w.int(lane)));
      const weigh: Code =
        importance === 'one'
          ? w.floats(1)
          : importance === 'size'
            ? w.add(w.get(sum), w.abs(w.load(here, values)))
            : w.loadSplat(w.intHalved(here, w.int(2)), givenAt);
      const shifted = (global: number): Code => to(global, w.mul(g(global), w.get(down)));
      return w.all(
        to(low, w.floats(0)),
        to(high, w.floats(0)),
        to(least, w.floats(Infinity)),
        to(most, w.floats(-Infinity)),
        w.set(end, w.intMul(w.get(count), w.int(16))),
        w.set(at, w.int(0)),
        w.repeatWhile(
          w.below(here, w.get(end)),
          w.set(
            value,
            [1, 2, 3].reduce((vector, lane) => w.loadLane(laneAt(lane), vector, lane), w.loadSplat(w.get(source))),
          ),
          w.store(here, x, values),
          to(least, w.min(g(least), x)),
          to(most, w.max(g(most), x)),
          w.set(source, w.intAdd(w.get(source), w.get(row))),
          next,
        ),
        to(low, w.min(g(least), w.floats(0))),
        to(high, w.max(g(most), w.floats(0))),
        // The power of two below the largest magnitude, from its exponent; the largest but one at most, so that its inverse is a number.
        to(up, w.intsMin(w.both(w.max(g(high), w.neg(g(low))), w.ints(0x7f800000)), w.ints(253 << 23))),
        w.set(down, w.intsSub(w.ints(254 << 23), g(up))),
        ...[low, high, least, most].map(shifted),
        w.set(sum, w.floats(0)),
        w.set(at, w.int(0)),
        w.repeatWhile(
          w.below(here, w.get(end)),
          w.set(value, w.mul(w.load(here, values), w.get(down))),
          w.store(here, x, values),
          w.set(sum, w.add(w.get(sum), w.mul(x, x))),
          next,
        ),
        w.set(sum, w.sqrt(w.div(w.get(sum), w.fromInt(w.get(count))))),
        w.set(at, w.int(0)),
        w.repeatWhile(w.below(here, w.get(end)), w.store(here, weigh, weights), next),
        w.set(end, w.intMul(w.intAdd(w.get(full), w.int(1)), w.int(16))),
        w.repeatWhile(
          w.below(here, w.get(end)),
          w.store(here, w.floats(0), values),
          w.store(here, w.floats(0), weights),
          next,
        ),
      );
    },
  );
};

/** attempt(count, scale, zero, offset): the nearest codes, and the scale that fits those best by weighted least squares; kept in the blocks
 *  where the error Σ w·v² − cross² / square is the least so far. */
const attempt = ({ scheme }: FourSettings): Routine => {
  return routine(
    'attempt',
    [i32, v128, v128, v128],
    [i32, i32, v128, v128, v128, v128, v128, v128, v128],
    ([count, tried, point, shift, at, end, code, crossA, squareA, crossB, squareB, inverse, better]) => {
      const here = w.get(at);
      const bottom = w.neg(w.get(point));
      const ceiling = w.sub(w.floats(topOf(scheme)), w.get(point));
      const step = (place: number, cross: number, square: number): Code =>
        w.all(
          w.set(code, clamped(w.nearest(w.mul(w.load(here, values + place), w.get(inverse))), bottom, ceiling)),
          w.set(better, w.mul(w.get(code), w.load(here, weights + place))),
          w.set(cross, w.add(w.get(cross), w.mul(w.get(better), w.load(here, values + place)))),
          w.set(square, w.add(w.get(square), w.mul(w.get(better), w.get(code)))),
        );
      return w.all(
        w.set(inverse, w.div(w.floats(1), w.get(tried))),
        ...[crossA, squareA, crossB, squareB].map((sum) => w.set(sum, w.floats(0))),
        w.set(at, w.int(0)),
        w.set(end, w.intMul(w.get(count), w.int(16))),
        w.repeatWhile(
          w.below(here, w.get(end)),
          step(0, crossA, squareA),
          step(16, crossB, squareB),
          w.set(at, w.intAdd(here, w.int(32))),
        ),
        w.set(crossA, w.add(w.get(crossA), w.get(crossB))),
        w.set(squareA, w.add(w.get(squareA), w.get(squareB))),
        w.set(inverse, w.div(w.get(crossA), w.get(squareA))),
        w.set(code, w.mul(w.get(crossA), w.get(inverse))),
        w.set(better, w.both(w.moreThan(w.get(code), g(gain)), w.moreThan(w.abs(w.get(inverse)), w.floats(2 ** -60)))),
        to(gain, w.select(w.get(better), w.get(code), g(gain))),
        to(scale, w.select(w.get(better), w.get(inverse), g(scale))),
        to(zero, w.select(w.get(better), w.get(point), g(zero))),
        to(offset, w.select(w.get(better), w.get(shift), g(offset))),
      );
    },
  );
};

/** fit(count): round to nearest over each block's range, then the search; leaves scales and zero points in memory. */
const fit = (settings: FourSettings): Routine => {
  const { scheme, method, halfScales } = settings;
  const [top, middle] = [topOf(scheme), middleOf(scheme)];
  return routine('fit', [i32], [i32, i32, i32, v128, v128, v128, v128, v128, v128, v128, v128], ([counted, ...own]) => {
    const count = w.get(counted);
    const signed = w.select(w.moreThan(g(high), w.neg(g(low))), g(high), g(low));
    const range = scheme.symmetric ? w.div(signed, w.floats(-middle)) : w.div(w.sub(g(high), g(low)), w.floats(top));
    const empty = w.lessThan(w.sub(g(high), g(low)), w.floats(2 ** -60));
    const start = w.all(
      to(scale, w.select(empty, w.floats(1), range)),
      to(zero, scheme.symmetric ? w.floats(middle) : w.min(w.nearest(w.div(w.neg(g(low)), g(scale))), w.floats(top))),
      to(gain, w.floats(-1)),
      to(offset, w.floats(0)),
    );
    const first = w.call(attemptAt, count, g(scale), g(zero), w.floats(0));
    const search = method === 'hqq' ? hqq(settings, count, own) : kQuant(settings, count);
    const big = w.mul(g(scale), w.floats(8193));
    const kept = w.moreThan(w.abs(w.mul(g(scale), g(up))), w.floats(tiny * 0.999999));
    return w.all(
      start,
      first,
      search,
      halfScales ? to(scale, w.sub(big, w.sub(big, g(scale)))) : [],
      // Blocks of zeros: scale 0, and every code the middle.
      w.set(own[3]!, w.both(kept, w.select(empty, w.ints(0), w.ints(-1)))),
      to(zero, w.select(w.get(own[3]!), g(zero), w.floats(middle))),
      w.store(w.int(scalesAt), w.both(w.get(own[3]!), w.mul(g(scale), g(up)))),
      w.store(w.int(zerosAt), g(zero)),
      to(around, w.both(w.get(own[3]!), w.div(w.floats(1), g(scale)))),
    );
  });
};

/** emit(target, lane, row, count): the nearest codes as bytes, one or two to each. */
const emit = ({ scheme, pairs }: FourSettings): Routine => {
  return routine('emit', [i32, i32, i32, i32], [i32, i32, v128], ([target, step, row, count, at, end, codes]) => {
    const here = w.get(at);
    const code = (place: number): Code =>
      w.toInts(
        clamped(
          w.add(w.nearest(w.mul(w.load(here, values + place), g(around))), g(zero)),
          w.floats(0),
          w.floats(topOf(scheme)),
        ),
      );
    return w.all(
      w.set(at, w.int(0)),
      w.set(end, w.intMul(w.get(count), w.int(16))),
      w.repeatWhile(
        w.below(here, w.get(end)),
        w.set(codes, pairs ? w.intsOr(code(0), w.intsShift(code(16), 4)) : code(0)),
        ...[0, 1, 2, 3].map((lane) =>
          w.storeByte(w.intAdd(w.get(target), w.intMul(w.get(step), w.int(lane))), w.lane(w.get(codes), lane)),
        ),
        w.set(target, w.intAdd(w.get(target), w.get(row))),
        w.set(at, w.intAdd(here, w.int(pairs ? 32 : 16))),
      ),
    );
  });
};

/** quantize(source, lane, row, count, full, target, targetLane, targetRow): all of it for four blocks. */
const quantize = (): Routine => ({
  name: 'quantize',
  params: Array.from({ length: 8 }, () => i32),
  locals: [],
  body: w.all(
    w.call(beginAt, w.get(0), w.get(1), w.get(2), w.get(3), w.get(4)),
    w.call(fitAt, w.get(3)),
    w.call(emitAt, w.get(5), w.get(6), w.get(7), w.get(4)),
  ),
});

/** The module that quantizes four blocks at a time: the processor's vectors hold one number of each.
 *  Exports memory and quantize(source, lane, row, count, full, target, targetLane, targetRow): value i of block l lies at
 *  source + l·lane + i·row (float32), its code goes to target + l·targetLane + i·targetRow (pairs: i / 2); `count` values, codes up to `full`. */
export const fourKernel = (settings: FourSettings): Uint8Array<ArrayBuffer> =>
  assemble([begin(settings), attempt(settings), fit(settings), emit(settings), quantize()], globals, 2);
