import { expect, test } from 'vitest';
import { instantiate, type Memory } from '../../simd/instantiate.ts';
import { columnArrays, columnKernel } from './column-kernel.ts';

test('ranges are widened, not begun anew; codes of the last columns are not written behind their row', () => {
  const { memory, widen, code } = instantiate<{
    readonly memory: Memory;
    readonly widen: (...places: number[]) => void;
    readonly code: (...places: number[]) => void;
  }>(columnKernel());
  const [columns, rows, array] = [5, 2, 32];
  const source = columnArrays.length * array;
  const target = source + 4 * columns * rows;
  new Float32Array(memory.buffer, source, columns * rows).set([1, 2, 3, 4, 5, -1, -2, -3, -4, -50]);
  const [low, high, scale, least, most] = columnArrays.map(
    (_, at) => new Float32Array(memory.buffer, at * array, columns),
  );
  high![0] = 9;
  widen(source, rows, columns, array);
  expect([...low!]).toEqual([-1, -2, -3, -4, -50]);
  expect([...high!]).toEqual([9, 2, 3, 4, 5]);
  scale!.fill(0.5);
  least!.fill(-64);
  most!.fill(64);
  code(source, rows, columns, array, target);
  expect([...new Int8Array(memory.buffer, target, columns * rows + 1)]).toEqual([
    2, 4, 6, 8, 10, -2, -4, -6, -8, -64, 0,
  ]);
});
