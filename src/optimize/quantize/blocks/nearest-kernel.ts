import { assemble, i32, routine, v128, type Type } from '../../../simd/assemble.ts';
import * as w from '../../../simd/code.ts';
import type { Code } from '../../../simd/code.ts';
import type { Memory } from '../../../simd/instantiate.ts';
import { middleOf, tiny, topOf } from './rtn.ts';
import type { BlockScheme } from './types.ts';

/** What a kernel is made for. */
export interface NearestSettings {
  readonly bits: BlockScheme['bits'];
  readonly symmetric: boolean;
  /** Columns lie side by side: sixteen at a time fill whole cache lines. Else four at a time, each of them in one piece. */
  readonly beside: boolean;
  /** Scales are rounded to the 11 significant bits of a float16, and codes chosen for what is stored. Default: false. */
  readonly halfScales?: boolean;
}

/** How many columns a kernel takes at a time. */
export const columnsAtOnce = ({ beside }: Pick<NearestSettings, 'beside'>): number => (beside ? 16 : 4);

/** Values of a group, from the start of memory, and one more row; then a vector that is zero as long as all values were finite; then the
 *  caller's. */
const longest = 256;
export const faultsAt = 64 * (longest + 1);
export const nearestDataAt = faultsAt + 64;

const adjacent = (from: Code, _lane: Code, vector: number): Code => w.load(from, 16 * vector);
const gathered = (from: Code, lane: Code): Code =>
  [1, 2, 3].reduce(
    (vector, at) => w.loadLane(w.intAdd(from, w.intMul(lane, w.int(at))), vector, at),
    w.loadSplat(from),
  );

/** What the module exports. */
export interface NearestKernel {
  readonly memory: Memory;
  readonly nearest: (
    source: number,
    lane: number,
    row: number,
    count: number,
    full: number,
    groups: number,
    target: number,
    targetLane: number,
    scales: number,
    scalesLane: number,
    zeros: number,
  ) => void;
}

/** The module that rounds blocks to nearest as `roundBlocks` does, in float32.
 *  Exports memory and nearest(source, lane, row, count, full, groups, target, targetLane, scales, scalesLane, zeros): `groups` times
 *  `columnsAtOnce` columns; value i of column c lies at source + c·lane + i·row (float32), its code in the word at
 *  target + c·targetLane + 4 · ⌊i · bits / 32⌋, the column's scale (float32) goes to scales + c·scalesLane, zero points (int32) one after another.
 *  `count` values, codes up to `full`: those behind are the zero point. What is at `faultsAt` stays zero as long as all values were finite. */
export const nearestKernel = (settings: NearestSettings): Uint8Array<ArrayBuffer> => {
  const { bits, symmetric, beside, halfScales = false } = settings;
  const [top, middle] = [topOf({ ...settings, blockSize: 0 }), middleOf({ ...settings, blockSize: 0 })];
  const vectors = columnsAtOnce(settings) / 4;
  const stride = 16 * vectors;
  const perWord = 32 / bits;
  const take = beside ? adjacent : gathered;
  const own: readonly Type[] = Array.from({ length: 2 * vectors }, () => v128);
  const work = routine(
    'nearest',
    [i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32],
    [i32, i32, i32, v128, v128, v128, v128, v128, v128, ...own],
    ([
      source,
      lane,
      row,
      count,
      full,
      groups,
      target,
      targetLane,
      scalesTo,
      scalesLane,
      zerosTo,
      at,
      end,
      from,
      value,
      inverse,
      bottom,
      ceiling,
      point,
      word,
      ...ranges
    ]) => {
      const lows = ranges.slice(0, vectors);
      const highs = ranges.slice(vectors);
      const here = w.get(at);
      const x = w.get(value);
      const by = (local: number, step: Code): Code => w.set(local, w.intAdd(w.get(local), step));
      const each = (of: (vector: number) => Code): Code => w.all(...lows.map((_, vector) => of(vector)));
      const code = (i: number, vector: number): Code => {
        const scaled = w.mul(w.load(here, stride * i + 16 * vector), w.get(inverse));
        const rounded = w.nearestBits(w.min(w.max(scaled, w.get(bottom)), w.get(ceiling)));
        return w.both(w.intsAdd(rounded, w.get(point)), w.ints(top));
      };
      /** Scale and zero point of four columns, then their codes. */
      const finish = (vector: number): Code => {
        const [low, high] = [w.get(lows[vector]!), w.get(highs[vector]!)];
        const largest = w.select(w.moreThan(high, w.neg(low)), high, low);
        // Halves: the whole range may be more than a float32 holds.
        const half = w.floats(0.5);
        const range = w.mul(w.div(w.sub(w.mul(high, half), w.mul(low, half)), w.floats(top)), w.floats(2));
        const lineOf = (base: number, distance: number, place: number): Code =>
          w.intAdd(w.get(base), w.intMul(w.get(distance), w.int(4 * vector + place)));
        return w.all(
          w.set(value, symmetric ? w.div(largest, w.floats(-middle)) : range),
          // Veltkamp's splitting: what is left of 24 bits are the upper 11.
          halfScales
            ? w.all(
                w.set(bottom, w.mul(x, w.floats(2 ** 13 + 1))),
                w.set(value, w.sub(w.get(bottom), w.sub(w.get(bottom), x))),
              )
            : [],
          // Codes of a block too small for a scale are its zero point.
          w.set(inverse, w.moreThan(w.abs(x), w.floats(tiny * 0.999999))),
          w.set(value, w.both(w.get(inverse), x)),
          w.set(
            bottom,
            symmetric
              ? w.floats(middle)
              : w.select(w.get(inverse), w.min(w.nearest(w.div(w.neg(low), x)), w.floats(top)), w.floats(middle)),
          ),
          ...[0, 1, 2, 3].map((place) => w.storeLane(lineOf(scalesTo, scalesLane, place), x, place)),
          w.set(inverse, w.both(w.get(inverse), w.div(w.floats(1), x))),
          w.set(point, w.toInts(w.get(bottom))),
          w.store(w.get(zerosTo), w.get(point), 16 * vector),
          w.set(ceiling, w.sub(w.floats(top), w.get(bottom))),
          w.set(bottom, w.neg(w.get(bottom))),
          w.set(at, w.int(0)),
          w.set(from, w.int(0)),
          w.repeatWhile(
            w.below(here, w.get(end)),
            w.set(word, code(0, vector)),
            ...Array.from({ length: perWord - 1 }, (_, i) =>
              w.set(word, w.intsOr(w.get(word), w.intsShift(code(i + 1, vector), bits * (i + 1)))),
            ),
            ...[0, 1, 2, 3].map((place) =>
              w.storeLane(w.intAdd(lineOf(target, targetLane, place), w.get(from)), w.get(word), place),
            ),
            by(from, w.int(4)),
            by(at, w.int(stride * perWord)),
          ),
        );
      };
      const group = w.all(
        ...ranges.map((range) => w.set(range, w.floats(0))),
        w.set(word, w.load(w.int(faultsAt))),
        w.set(from, w.get(source)),
        w.set(at, w.int(0)),
        w.set(end, w.intMul(w.get(count), w.int(stride))),
        w.repeatWhile(
          w.below(here, w.get(end)),
          each((vector) =>
            w.all(
              w.set(value, take(w.get(from), w.get(lane), vector)),
              w.store(here, x, 16 * vector),
              w.set(lows[vector]!, w.min(w.get(lows[vector]!), x)),
              w.set(highs[vector]!, w.max(w.get(highs[vector]!), x)),
              // Zero, but for infinity and what is no number.
              w.set(word, w.add(w.get(word), w.mul(x, w.floats(0)))),
            ),
          ),
          by(from, w.get(row)),
          by(at, w.int(stride)),
        ),
        w.store(w.int(faultsAt), w.get(word)),
        w.set(end, w.intMul(w.get(full), w.int(stride))),
        // At least once: a whole block is followed by a row that nobody reads.
        w.repeatWhile(
          w.below(here, w.get(end)),
          each((vector) => w.store(here, w.floats(0), 16 * vector)),
          by(at, w.int(stride)),
        ),
        each(finish),
        by(source, w.intMul(w.get(lane), w.int(4 * vectors))),
        by(target, w.intMul(w.get(targetLane), w.int(4 * vectors))),
        by(scalesTo, w.intMul(w.get(scalesLane), w.int(4 * vectors))),
        by(zerosTo, w.int(stride)),
        by(groups, w.int(-1)),
      );
      return w.repeatWhile(w.below(w.int(0), w.get(groups)), group);
    },
  );
  return assemble([work], 0, 1);
};
