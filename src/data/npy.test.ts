import { readFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isSteelyardError } from '../contracts/index.ts';
import { parseNpy } from './npy.ts';
import { readNpy, readNpz } from './npz.ts';

interface Golden {
  readonly arrays: Readonly<
    Record<string, { npy: string; dtype: string; dims: number[]; values: (number | string)[] }>
  >;
  readonly refused: Readonly<Record<string, string>>;
  readonly npz: string;
  readonly npzCompressed: string;
}
const path = join(dirname(fileURLToPath(import.meta.url)), 'fixtures', 'numpy.json');
const golden = JSON.parse(await readFile(path, 'utf8')) as Golden;
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steelyard-npy-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test.each(Object.entries(golden.arrays))('reads what NumPy wrote: %s', (_, { npy, dtype, dims, values }) => {
  const array = parseNpy(bytesOf(npy), 'x.npy');
  expect({ dtype: array.dtype, dims: array.dims }).toEqual({ dtype, dims });
  expect(Array.from(array.data as Iterable<unknown>, (one) => (typeof one === 'bigint' ? String(one) : one))).toEqual(
    values,
  );
});

test.each(Object.entries(golden.refused))('refuses %s arrays', (_, npy) => {
  expect(() => parseNpy(bytesOf(npy), 'x.npy')).toThrowError(expect.objectContaining({ code: 'data/npy' }));
});

describe.each(['npz', 'npzCompressed'] as const)('%s', (kind) => {
  test('gives the arrays by name, or only the wanted ones', async () => {
    const file = join(folder, `${kind}.npz`);
    await writeFile(file, bytesOf(golden[kind]));
    const all = await readNpz(file);
    expect([...all.keys()]).toEqual(['x', 'label']);
    expect(all.get('x')).toEqual({ dtype: 'float32', dims: [3, 2], data: Float32Array.of(0, 1, 2, 3, 4, 5) });
    expect(all.get('label')!.data).toEqual(['a', 'b', 'a']);
    expect([...(await readNpz(file, new Set(['label']))).keys()]).toEqual(['label']);
  });

  test('damaged archives end in a coded error, never a crash', async () => {
    const whole = bytesOf(golden[kind]);
    const file = join(folder, 'damaged.npz');
    const damage = fc.record({
      at: fc.nat(whole.length - 1),
      to: fc.integer({ min: 0, max: 255 }),
      cut: fc.oneof(fc.constant(whole.length), fc.nat(whole.length)),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ at, to, cut }) => {
        const bytes = whole.slice(0, cut);
        if (at < bytes.length) bytes[at] = to;
        await writeFile(file, bytes);
        try {
          await readNpz(file);
        } catch (error) {
          expect(isSteelyardError(error) && error.code.startsWith('data/'), String(error)).toBe(true);
        }
      }),
      { seed: 17, numRuns: 300 },
    );
  });
});

test('a damaged array ends in a coded error', async () => {
  const whole = bytesOf(golden.arrays['unicode']!.npy);
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }), fc.nat(whole.length), (at, to, cut) => {
      const bytes = whole.slice(0, cut);
      if (at < bytes.length) bytes[at] = to;
      try {
        parseNpy(bytes, 'x.npy');
      } catch (error) {
        expect(isSteelyardError(error), String(error)).toBe(true);
      }
    }),
    { seed: 4, numRuns: 500 },
  );
  const file = join(folder, 'one.npy');
  await writeFile(file, whole);
  expect((await readNpy(file)).dims).toEqual([3]);
});
