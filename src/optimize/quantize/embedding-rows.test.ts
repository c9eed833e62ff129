import { describe, expect, test } from 'vitest';
import { tensor } from '../../model/tensor/index.ts';
import { context, normal } from '../testing/quantized.ts';
import { quantizeRows, symmetricScale } from './arithmetic.ts';
import { largest } from './row-codes.ts';
import { codeTable } from './embedding-rows.ts';

const floats = (table: { readonly data: unknown }): Float32Array => {
  const { bytes } = table.data as { bytes: Uint8Array };
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
};

describe('a table read in slabs', () => {
  // 2,500 rows of 1,000 do not fit into one slab.
  const table = normal([2500, 1000], 'large');

  test.each([true, false])('has the codes that it has as a whole, a scale per row: %s', async (perRow) => {
    const values = floats(table);
    const whole = quantizeRows(values, 1000, perRow ? null : symmetricScale(largest(values)))!;
    const made = (await codeTable(table, perRow, await context()))!;
    expect(Buffer.from(made.codes.buffer).equals(Buffer.from(whole.codes.buffer))).toBe(true);
    expect(made.scales).toEqual(whole.scales);
    expect(made.scales).toHaveLength(perRow ? 2500 : 1);
  });

  test('stops when it is told to', async () => {
    const stopped = { ...(await context()), signal: AbortSignal.abort() };
    await expect(codeTable(table, true, stopped)).rejects.toMatchObject({ code: 'engine/cancelled' });
  });
});

test.each([Number.NaN, Number.NEGATIVE_INFINITY])('%f anywhere is no table', async (value) => {
  const bad = tensor('float32', [2, 2], Float32Array.of(1, 2, 3, value));
  for (const perRow of [true, false]) expect(await codeTable(bad, perRow, await context())).toBeNull();
});
