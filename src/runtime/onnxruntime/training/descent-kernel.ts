import { assemble, i32, routine, v128 } from '../../../simd/assemble.ts';
import * as w from '../../../simd/code.ts';
import type { Code } from '../../../simd/code.ts';

/** The numbers at the start of memory, float32, in this order. */
export const numberNames = [
  'share',
  'take',
  'keepFirst',
  'keepSecond',
  'epsilon',
  'keepWeight',
  'size',
  'keepMean',
  'takeMean',
] as const;
export type NumberName = (typeof numberNames)[number];

/** Where the four partial sums of `squares` lie, and the first byte behind all of this. */
export const squaresAt = 48;
export const kernelBytes = 64;

const number = (name: NumberName): Code => w.loadSplat(w.int(0), 4 * numberNames.indexOf(name));

/** The arithmetic of a step of AdamW over float32 arrays in the module's memory; addresses and ends are bytes, in multiples of 16.
 *  squares(from, end): four partial sums of squares, to `squaresAt`. gather(sum, gradient, end of sum): sum += share · gradient.
 *  move(weight, gradient, first, second, end of weight): see `Move`. follow(mean, weight, end of mean). Four values at a time. */
export const descentKernel = (): Uint8Array<ArrayBuffer> => {
  /** The body until the first pointer is at the end; the pointers go on together. */
  const along = (pointers: readonly number[], end: number, ...body: readonly Code[]): Code =>
    w.repeatWhile(
      w.below(w.get(pointers[0]!), w.get(end)),
      ...body,
      ...pointers.map((pointer) => w.set(pointer, w.intAdd(w.get(pointer), w.int(16)))),
    );
  const at = (pointer: number): Code => w.load(w.get(pointer));
  const squares = routine('squares', [i32, i32], [v128, v128], ([from, end, sum, value]) =>
    w.all(
      w.set(sum, w.floats(0)),
      along([from], end, w.set(value, at(from)), w.set(sum, w.add(w.get(sum), w.mul(w.get(value), w.get(value))))),
      w.store(w.int(squaresAt), w.get(sum)),
    ),
  );
  const gather = routine('gather', [i32, i32, i32], [], ([sum, gradient, end]) =>
    along([sum, gradient], end, w.store(w.get(sum), w.add(at(sum), w.mul(at(gradient), number('share'))))),
  );
  const move = routine(
    'move',
    [i32, i32, i32, i32, i32],
    [v128, v128, v128],
    ([weight, gradient, first, second, end, taken, newFirst, newSecond]) =>
      along(
        [weight, gradient, first, second],
        end,
        w.set(taken, w.mul(at(gradient), number('take'))),
        w.set(newFirst, w.add(w.mul(at(first), number('keepFirst')), w.get(taken))),
        w.store(w.get(first), w.get(newFirst)),
        w.set(newSecond, w.add(w.mul(at(second), number('keepSecond')), w.mul(w.get(taken), w.get(taken)))),
        w.store(w.get(second), w.get(newSecond)),
        w.store(
          w.get(weight),
          w.sub(
            w.mul(at(weight), number('keepWeight')),
            w.mul(w.div(w.get(newFirst), w.add(w.sqrt(w.get(newSecond)), number('epsilon'))), number('size')),
          ),
        ),
      ),
  );
  const follow = routine('follow', [i32, i32, i32], [], ([mean, weight, end]) =>
    along(
      [mean, weight],
      end,
      w.store(w.get(mean), w.add(w.mul(at(mean), number('keepMean')), w.mul(at(weight), number('takeMean')))),
    ),
  );
  return assemble([squares, gather, move, follow], 0, 1);
};
