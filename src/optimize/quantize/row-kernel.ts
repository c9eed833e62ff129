import { assemble, i32, routine, v128 } from '../../simd/assemble.ts';
import * as w from '../../simd/code.ts';

/** The module for spans of float32 values with one scale; addresses and ends are bytes, in multiples of 16.
 *  magnitude(from, end, out): four times the largest value without its sign, as bits: NaN and infinity come last. It takes at least four values.
 *  code(from, end, target, scale): the byte of v / scale, rounded half to even and cut to ±127. `scale`: where it lies. */
export const rowKernel = (): Uint8Array<ArrayBuffer> => {
  const magnitude = routine('magnitude', [i32, i32, i32], [v128], ([from, end, out, most]) =>
    w.all(
      w.set(most, w.ints(0)),
      w.repeatWhile(
        w.below(w.get(from), w.get(end)),
        w.set(most, w.intsMax(w.get(most), w.both(w.load(w.get(from)), w.ints(0x7fffffff)))),
        w.set(from, w.intAdd(w.get(from), w.int(16))),
      ),
      w.store(w.get(out), w.get(most)),
    ),
  );
  const code = routine('code', [i32, i32, i32, i32], [v128, v128], ([from, end, target, at, scale, value]) =>
    w.all(
      w.set(scale, w.loadSplat(w.get(at))),
      w.repeatWhile(
        w.below(w.get(from), w.get(end)),
        w.set(value, w.div(w.load(w.get(from)), w.get(scale))),
        w.set(value, w.nearestBits(w.min(w.max(w.get(value), w.floats(-127)), w.floats(127)))),
        w.set(value, w.lowBytes(w.get(value))),
        w.storeLane(w.get(target), w.get(value), 0),
        w.set(target, w.intAdd(w.get(target), w.int(4))),
        w.set(from, w.intAdd(w.get(from), w.int(16))),
      ),
    ),
  );
  return assemble([magnitude, code], 0, 1);
};
