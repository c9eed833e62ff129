import { expect, test } from 'vitest';
import { assemble, i32, routine, v128 } from './assemble.ts';
import * as w from './code.ts';
import { instantiate, type Memory } from './instantiate.ts';

interface Exports {
  readonly memory: Memory;
  readonly work: (count: number) => void;
}

/** Run code over four numbers at address 0; the answer is written at address 16. */
const on = (numbers: readonly number[], code: w.Code): number[] => {
  const { memory, work } = instantiate<Exports>(
    assemble(
      [routine('work', [i32], [v128], ([, x]) => w.all(w.set(x, w.load(w.int(0))), w.store(w.int(16), code)))],
      1,
      1,
    ),
  );
  new Float32Array(memory.buffer).set(numbers);
  work(0);
  return [...new Float32Array(memory.buffer, 16, 4)];
};
const x = w.get(1);
const ofBits = (bits: number): number => new Float32Array(Int32Array.of(bits).buffer)[0]!;

test.each([
  ['add and divide', w.div(w.add(x, w.floats(1)), w.floats(2)), [1, -2, 3.5, 8], [1, -0.5, 2.25, 4.5]],
  ['ties to even', w.nearest(x), [0.5, 1.5, -2.5, 2.4], [0, 2, -2, 2]],
  ['limits', w.min(w.max(x, w.floats(-1)), w.floats(1)), [-3, 0.5, 2, 1], [-1, 0.5, 1, 1]],
  ['select', w.select(w.lessThan(x, w.floats(0)), w.neg(x), w.sqrt(x)), [-3, 4, -2, 9], [3, 2, 2, 3]],
  ['floor, abs', w.abs(w.floor(x)), [-1.5, 1.5, -0.25, 7], [2, 1, 1, 7]],
  ['nearest in the lowest bits', w.sub(w.nearestBits(x), w.floats(12582912)), [0.5, 1.5, -2.5, 2.4], [0, 2, -2, 2]],
  // 1 is 0x3f800000, of which each low byte is 0; 2^-149 is 1.
  ['lowest bytes', w.lowBytes(x), [1, 2 ** -149, 2, 3 * 2 ** -149], Array<number>(4).fill(ofBits(0x03000100))],
  ['bits of the exponent', w.both(x, w.ints(0x7f800000)), [1, 3, -5, 0.3], [1, 2, 4, 0.25]],
])('%s', (_, code, numbers, expected) => {
  expect(on(numbers, code).map((one) => one + 0)).toEqual(expected);
});

test('lanes are loaded one by one, and a negative number survives', () => {
  const { memory, work } = instantiate<Exports>(
    assemble(
      [
        routine('work', [i32], [v128], ([from, four]) =>
          w.all(
            w.set(four, w.loadSplat(w.get(from))),
            w.set(four, w.loadLane(w.intAdd(w.get(from), w.int(-4)), w.get(four), 3)),
            w.store(w.int(16), w.get(four)),
          ),
        ),
      ],
      1,
      1,
    ),
  );
  new Float32Array(memory.buffer).set([7, 8], 100);
  work(404);
  expect([...new Float32Array(memory.buffer, 16, 4)]).toEqual([8, 8, 8, 7]);
});
