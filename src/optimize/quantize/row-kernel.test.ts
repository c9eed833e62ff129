import { expect, test } from 'vitest';
import { instantiate, type Memory } from '../../simd/instantiate.ts';
import { rowKernel } from './row-kernel.ts';

interface Kernel {
  readonly memory: Memory;
  readonly magnitude: (from: number, end: number, out: number) => void;
  readonly code: (from: number, end: number, target: number, scale: number) => void;
}

test('magnitudes and codes lie where they are asked for', () => {
  const { memory, magnitude, code } = instantiate<Kernel>(rowKernel());
  new Float32Array(memory.buffer, 256, 8).set([1, -20, 3, 4, 5, 6, 7.5, -8]);
  magnitude(256, 288, 64);
  expect([...new Float32Array(memory.buffer, 64, 4)]).toEqual([5, 20, 7.5, 8]);
  new Float32Array(memory.buffer, 32, 1)[0] = 0.125;
  code(256, 288, 1024, 32);
  // Cut to the largest code of int8 without −128.
  expect([...new Int8Array(memory.buffer, 1024, 9)]).toEqual([8, -127, 24, 32, 40, 48, 60, -64, 0]);
});
