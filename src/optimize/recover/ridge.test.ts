import { describe, expect, test } from 'vitest';
import { parseOptions, type Context, type Feeds, type Model, type Technique } from '../../contracts/index.ts';
import { checkModel } from '../../model/onnx/index.ts';
import { tensor, toFloat32 } from '../../model/tensor/index.ts';
import { seeded } from '../../statistics/index.ts';
import { lowRank } from '../factorize/low-rank.ts';
import { layers } from '../prune/layers.ts';
import { structured } from '../prune/structured.ts';
import { embedding } from '../quantize/embedding.ts';
import { compareOutputs } from '../testing/compare.ts';
import { context } from '../testing/quantized.ts';
import { encoderModel, initialWeights } from '../training/encoder.ts';
import { ridge } from './ridge.ts';

const architecture = { layers: 2, width: 32, heads: 4, ffn: 64, vocabulary: 50, positions: 12, labels: 3 };
const original = encoderModel(
  architecture,
  new Map(
    [...initialWeights(architecture, seeded(1, 'recover'))].map(([name, one]) => [
      name,
      one.dims.length === 2 && one.data.kind === 'inline'
        ? tensor(
            'float32',
            one.dims,
            toFloat32('float32', one.data.bytes).map((value) => 8 * value),
          )
        : one,
    ]),
  ),
);
const tokens = (label: string): Feeds => {
  const random = seeded(1, label);
  const make = (value: () => number): BigInt64Array => BigInt64Array.from({ length: 72 }, () => BigInt(value()));
  const dims = [8, 9];
  return {
    input_ids: { dtype: 'int64', dims, data: make(() => random.integer(50)) },
    attention_mask: { dtype: 'int64', dims, data: make(() => 1) },
    token_type_ids: { dtype: 'int64', dims, data: make(() => 0) },
  };
};
const calibrated = async (): Promise<Context> => ({
  ...(await context(async function* calibration() {
    for (let i = 0; i < 12; i++) yield tokens(`calibration ${i}`);
  })),
  original,
});
const apply = <T extends Technique>(technique: T, one: Model, raw: Readonly<Record<string, unknown>>, world: Context) =>
  technique.apply(one, parseOptions(technique.id, technique.options, raw), world);
const errorOf = async (other: Model, world: Context): Promise<number> => {
  const [a, b] = [await world.open(original), await world.open(other)];
  try {
    const results = [];
    for (const label of ['held out 1', 'held out 2'])
      results.push([await a.run(tokens(label)), await b.run(tokens(label))] as const);
    return compareOutputs(
      results.map(([one]) => one),
      results.map(([, two]) => two),
    ).relativeError;
  } finally {
    await a.close();
    await b.close();
  }
};

describe('nearer to the original on inputs that it has not seen', () => {
  test.each([
    ['neurons are gone', structured, { heads: 1, neurons: 0.5, channels: 1, repair: false }, 0.6],
    ['a block is gone', layers, { keep: 0.5, repair: 'none' }, 0.9],
    ['layers are products of smaller ones', lowRank, {}, 1],
    ['the tables are 4 bits', embedding, { form: 'blocks', bits: '4', minValues: 1 }, 1],
  ] as const)('where %s', async (_, technique, raw, ratio) => {
    const world = await calibrated();
    const { model: changed, changes: made } = await apply(technique as Technique, original, raw, world);
    expect(made.length).toBeGreaterThan(0);
    const { model: after, changes } = await apply(ridge as unknown as Technique, changed, { damping: 0.01 }, world);
    expect(changes.length).toBeGreaterThan(0);
    for (const { what } of changes) expect(what).toMatch(/fitted to the original: error of its outputs .* % to .* %/);
    expect(checkModel(after)).toEqual(checkModel(changed));
    const [before, now] = [await errorOf(changed, world), await errorOf(after, world)];
    expect(now).toBeLessThan(ratio * before);
  });
});

test('refusals, exclusions, other token ids, cancellation', async () => {
  const world = await calibrated();
  const reasons = async (one: Model, more: Partial<Context>, raw = {}): Promise<string> => {
    const { skipped, changes, model } = await apply(ridge as unknown as Technique, one, raw, { ...world, ...more });
    expect(changes).toEqual([]);
    expect(model).toBe(one);
    return skipped.map(({ reason }) => reason).join('; ');
  };
  expect(await reasons(original, { original: null })).toContain('no earlier model');
  expect(await reasons(original, {})).toContain('nothing to recover');
  const words = { ...architecture, vocabulary: 20 };
  const other = encoderModel(words, initialWeights(words, seeded(2, 'words')));
  expect(await reasons(other, {})).toContain('other token ids (50 instead of 20)');
  const copy = { ...original };
  expect(await reasons(copy, {}, { exclude: ['*'] })).toContain('excluded by the exclude option');
  await expect(reasons(copy, { signal: AbortSignal.abort() })).rejects.toThrow('stopped');
});
