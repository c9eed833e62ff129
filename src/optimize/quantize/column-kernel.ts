import { assemble, i32, routine, v128 } from '../../simd/assemble.ts';
import * as w from '../../simd/code.ts';
import type { Code } from '../../simd/code.ts';

/** Numbers that every column has, as arrays one after another from the start of memory; then come values and codes. */
export const columnArrays = ['low', 'high', 'scale', 'least', 'most', 'zero'] as const;

/** The module that finds the ranges of columns, and their codes.
 *  widen(source, rows, columns, array): the least and greatest of each column, and of what was there before, of `rows` rows at `source`.
 *  code(source, rows, columns, array, target): the byte of v / scale, between `least` and `most` (float32) and rounded half to even, plus `zero`
 *  (int32). `array`: bytes from one of `columnArrays` to the next. Four columns at a time, at least four; the last four reach back. */
export const columnKernel = (): Uint8Array<ArrayBuffer> => {
  /** The body for every four columns of every row: `column` is the byte of the column in its array, `value` that of the value. */
  const each = (
    ids: { readonly source: number; readonly rows: number; readonly columns: number },
    own: { readonly column: number; readonly end: number; readonly next: number },
    body: Code,
    endOfRow: Code,
  ): Code => {
    const { source, rows, columns } = ids;
    const { column, end, next } = own;
    return w.all(
      w.set(end, w.intMul(w.get(columns), w.int(4))),
      w.repeatWhile(
        w.below(w.int(0), w.get(rows)),
        w.set(next, w.int(0)),
        w.repeatWhile(
          w.below(w.get(next), w.get(end)),
          // The last four begin where four are left.
          w.set(column, w.intLeast(w.get(next), w.intAdd(w.get(end), w.int(-16)))),
          body,
          w.set(next, w.intAdd(w.get(next), w.int(16))),
        ),
        endOfRow,
        w.set(source, w.intAdd(w.get(source), w.get(end))),
        w.set(rows, w.intAdd(w.get(rows), w.int(-1))),
      ),
    );
  };
  const array = (column: Code, distance: Code, at: number): Code => w.intAdd(column, w.intMul(distance, w.int(at)));
  const widen = routine(
    'widen',
    [i32, i32, i32, i32],
    [i32, i32, i32, v128],
    ([source, rows, columns, distance, column, end, next, value]) => {
      const [low, high] = [0, 1].map((at) => array(w.get(column), w.get(distance), at)) as [Code, Code];
      return each(
        { source, rows, columns },
        { column, end, next },
        w.all(
          w.set(value, w.load(w.intAdd(w.get(source), w.get(column)))),
          w.store(low, w.min(w.load(low), w.get(value))),
          w.store(high, w.max(w.load(high), w.get(value))),
        ),
        [],
      );
    },
  );
  const code = routine(
    'code',
    [i32, i32, i32, i32, i32],
    [i32, i32, i32, v128],
    ([source, rows, columns, distance, target, column, end, next, value]) => {
      const of = (name: (typeof columnArrays)[number]): Code =>
        w.load(array(w.get(column), w.get(distance), columnArrays.indexOf(name)));
      const steps = w.div(w.load(w.intAdd(w.get(source), w.get(column))), of('scale'));
      const whole = w.nearestBits(w.min(w.max(steps, of('least')), of('most')));
      return each(
        { source, rows, columns },
        { column, end, next },
        w.all(
          w.set(value, w.intsAdd(whole, of('zero'))),
          w.set(value, w.lowBytes(w.get(value))),
          w.storeLane(w.intAdd(w.get(target), w.intHalved(w.get(column), w.int(2))), w.get(value), 0),
        ),
        w.set(target, w.intAdd(w.get(target), w.get(columns))),
      );
    },
  );
  return assemble([widen, code], 0, 1);
};
