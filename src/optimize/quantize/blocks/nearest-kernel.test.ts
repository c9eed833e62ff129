import { expect, test } from 'vitest';
import { instantiate, type Memory } from '../../../simd/instantiate.ts';
import { faultsAt, nearestDataAt, nearestKernel } from './nearest-kernel.ts';

interface Kernel {
  readonly memory: Memory;
  readonly nearest: (...places: number[]) => void;
}

test.each([true, false])(
  'codes, scales and zero points lie where they are asked for (columns side by side: %s)',
  (beside) => {
    const { memory, nearest } = instantiate<Kernel>(nearestKernel({ bits: 4, symmetric: true, beside }));
    const columns = 16;
    const column = [-8, 7, 1, 0.4, -0.6];
    const rows = column.length;
    const values = new Float32Array(memory.buffer, nearestDataAt, columns * rows);
    for (let c = 0; c < columns; c++)
      for (const [row, value] of column.entries()) values[beside ? row * columns + c : c * rows + row] = value * 2 ** c;
    const [lane, row] = beside ? [4, 4 * columns] : [4 * rows, 4];
    const [codes, scales, zeros] = [4096, 8192, 12288].map((more) => nearestDataAt + more) as [number, number, number];
    // Eight bytes for sixteen codes, every 24 bytes; a scale every 8 bytes.
    nearest(nearestDataAt, lane, row, rows, 16, beside ? 1 : 4, codes, 24, scales, 8, zeros);
    for (let c = 0; c < columns; c++) {
      // Codes 0, 15, 9, 8, 7, the first in the lowest bits; behind them the zero point.
      expect([...new Uint8Array(memory.buffer, codes + 24 * c, 8)]).toEqual([
        0xf0,
        0x89,
        0x87,
        ...Array<number>(5).fill(0x88),
      ]);
      expect(new Float32Array(memory.buffer, scales + 8 * c, 1)[0]).toBe(2 ** c);
    }
    expect([...new Int32Array(memory.buffer, zeros, columns)]).toEqual(Array<number>(columns).fill(8));
    expect([...new Float32Array(memory.buffer, faultsAt, 4)]).toEqual([0, 0, 0, 0]);
    values[7] = Infinity;
    nearest(nearestDataAt, lane, row, rows, 16, beside ? 1 : 4, codes, 24, scales, 8, zeros);
    expect(new Float32Array(memory.buffer, faultsAt, 4).some(Number.isNaN)).toBe(true);
  },
);
