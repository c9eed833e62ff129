import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Feeds, Value, ValueInfo } from '../contracts/index.ts';
import { decodeFile, encodeFile } from '../model/onnx/index.ts';
import { seeded } from '../statistics/index.ts';
import { sharedOrSkip } from '../testing/shared.ts';
import { openSession } from './onnxruntime/index.ts';
import { conformAll, identical } from './testing/conformance.ts';

const suite = sharedOrSkip('backend conformance', 'conformance', 'onnx-backend-node-v1.22.0');

test.skipIf(suite === null)(
  'a seeded share of the ONNX backend models gives the same after decoding and encoding',
  async () => {
    const names = (await readdir(suite!)).filter((name) => name.startsWith('test_'));
    const some = seeded(7, 'conformance').shuffle(names).slice(0, 200);
    const outcomes = await conformAll(
      some.map((name) => join(suite!, name)),
      2,
    );
    const lost = [...outcomes]
      .filter(([, one]) => one.kind === 'matched' && !one.kept)
      .map(([path]) => relative(suite!, path));
    expect(lost).toEqual([]);
    expect([...outcomes.values()].filter(({ kind }) => kind === 'matched').length).toBeGreaterThan(120);
  },
);

const models = sharedOrSkip('round trips of real models', 'models');
const paths =
  models === null ? [] : (await readdir(models, { recursive: true })).filter((path) => path.endsWith('.onnx')).sort();

/** Open dimensions: one batch, as many steps as the model of that folder takes. */
const stepsOf = (path: string): number => (path.startsWith('silero') ? 576 : 16);

const randomFeed = ({ name, type }: ValueInfo, steps: number): Value => {
  if (type?.kind !== 'tensor') throw new Error(`${name} is no tensor`);
  const random = seeded(11, name);
  // The state of a recurrent network is [layers, batch, width], everything else [batch, steps].
  const batchAxis = name === 'state' ? 1 : 0;
  const dims = (type.dims ?? []).map((dim, axis) => (typeof dim === 'number' ? dim : axis === batchAxis ? 1 : steps));
  const length = dims.reduce((product, dim) => product * dim, 1);
  const whole = (): number => (name === 'sr' ? 16_000 : random.integer(2));
  switch (type.dtype) {
    case 'float32':
      return { dtype: 'float32', dims, data: Float32Array.from({ length }, () => random.normal() / 4) };
    case 'int32':
      return { dtype: 'int32', dims, data: Int32Array.from({ length }, whole) };
    case 'int64':
      return { dtype: 'int64', dims, data: BigInt64Array.from({ length }, () => BigInt(whole())) };
    default:
      throw new Error(`${name} is ${type.dtype}`);
  }
};

describe.skipIf(models === null)('every shared model gives bit for bit the same answers after a round trip', () => {
  test.each(paths)('%s', async (path) => {
    const folder = await mkdtemp(join(tmpdir(), 'steelyard-roundtrip-'));
    try {
      const model = await decodeFile(join(models!, path));
      const copy = join(folder, 'model.onnx');
      await encodeFile(model, copy);
      const [before, after] = [await openSession(join(models!, path)), await openSession(copy)];
      try {
        expect(after.inputs).toEqual(before.inputs);
        expect(after.outputs).toEqual(before.outputs);
        const feeds: Feeds = Object.fromEntries(
          before.inputs.map((input) => [input.name, randomFeed(input, stepsOf(path))]),
        );
        const [one, two] = [await before.run(feeds), await after.run(feeds)];
        expect(Object.keys(one.outputs).length).toBeGreaterThan(0);
        expect(identical(one.outputs, two.outputs), dirname(path)).toBe(true);
      } finally {
        await Promise.all([before.close(), after.close()]);
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
