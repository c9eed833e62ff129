import { describe, expect, test } from 'vitest';
import { assembly, scaleColumns, type Form } from './assemble.ts';
import { quantizeSlab, type Part } from './jobs.ts';
import { decoded, normals } from './testing/matrices.ts';
import type { BlockScheme } from './types.ts';

const part = (weight: Float32Array, columns: number, scheme: BlockScheme, packed: boolean): Part =>
  quantizeSlab({ weight, columns, byColumn: false, alpha: 1, scheme, method: 'rtn', importance: null, packed });

describe.each(['nbits', 'qdq'] as const)('%s', (form: Form) => {
  test.each([
    [4, true, 7],
    [4, false, 7],
    [2, false, 5],
    [8, true, 6],
  ] as const)(
    '%i bits, symmetric %s, %i columns: parts by rows and by columns give what the whole gives',
    (bits, symmetric, n) => {
      const scheme: BlockScheme = { bits, blockSize: 16, symmetric };
      const k = 70;
      const weight = normals(k * n, 'w');
      const packed = form === 'nbits';
      const whole = assembly(k, n, scheme, form);
      whole.place(part(weight, n, scheme, packed), k, n, 0, 0);
      const byRows = assembly(k, n, scheme, form);
      for (const [from, to] of [
        [0, 48],
        [48, 70],
      ] as const)
        byRows.place(part(weight.slice(from * n, to * n), n, scheme, packed), to - from, n, from, 0);
      const byColumns = assembly(k, n, scheme, form);
      for (const [from, to] of [
        [0, 2],
        [2, n],
      ] as const)
        byColumns.place(
          part(
            weight.filter((_, at) => at % n >= from && at % n < to),
            to - from,
            scheme,
            packed,
          ),
          k,
          to - from,
          0,
          from,
        );
      expect(byRows.done()).toEqual(whole.done());
      expect(byColumns.done()).toEqual(whole.done());
      expect(whole.done().zeros === null).toBe(symmetric);
    },
  );

  test('factors multiply columns', () => {
    const scheme: BlockScheme = { bits: 4, blockSize: 16, symmetric: true };
    const built = assembly(40, 3, scheme, form);
    built.place(part(normals(120, 'w'), 3, scheme, form === 'nbits'), 40, 3, 0, 0);
    const { scales } = built.done();
    const scaled = scaleColumns(built.done(), 3, form, Float32Array.of(1, 2, 4)).scales;
    scales.forEach((scale, at) =>
      expect(scaled[at]).toBe(scale * [1, 2, 4][form === 'nbits' ? Math.floor(at / 3) : at % 3]!),
    );
  });
});

test('signed codes of the qdq form stand for the same values', () => {
  const scheme: BlockScheme = { bits: 4, blockSize: 16, symmetric: true };
  const weight = normals(20 * 3, 'signed');
  const whole = part(weight, 3, scheme, false);
  const built = assembly(20, 3, scheme, 'qdq');
  built.place(whole, 20, 3, 0, 0);
  const { codes, scales } = built.done();
  const values = decoded(whole, 3, scheme);
  values.forEach((value, at) => {
    const nibble = (codes[at >> 1]! >> (4 * (at & 1))) & 15;
    const signed = nibble > 7 ? nibble - 16 : nibble;
    expect(Math.fround(signed * scales[Math.floor(Math.floor(at / 3) / 16) * 3 + (at % 3)]!)).toBe(value);
  });
});
