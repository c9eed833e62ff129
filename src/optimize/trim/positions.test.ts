import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import type { Context, Model } from '../../contracts/index.ts';
import { checkModel } from '../../model/onnx/index.ts';
import { model, relativeError, run } from '../testing/quantized.ts';
import { positions } from './positions.ts';
import { idsFeed, jsonOf, world } from './testing/world.ts';

const apply = (subject: Model, given: Context, raw: Record<string, unknown> = {}) =>
  positions.apply(subject, parseOptions(positions.id, positions.options, raw), given);
const values = Array.from({ length: 64 }, (_, at) => at).join();
const bert = model(`ids: int64[B, S]; words = float32[50, 8]{...}; p = float32[64, 8]{...}; b = int64[1, 64] {${values}}
  one = int64[] {1}; row = int64[1] {0}; col = int64[1] {1}; shape = Shape(ids); n = Gather(shape, one); e = Unsqueeze(n, row)
  at = Slice(b, row, e, col, col); g = Gather(p, at); a = Gather(words, ids); y = Add(a, g); -> y: float32[B, S, 8]`);
const roberta =
  model(`ids: int64[B, S]; words = float32[50, 8]{...}; p = float32[66, 8]{...}; pad = int64[] {1}; axis = int32[] {1}; one = int64[] {1}
  q = Equal(ids, pad); k = Not(q); m = Cast(k) {to: 6}; s = CumSum(m, axis); c = Mul(s, m); i = Cast(c) {to: 7}; at = Add(i, one)
  g = Gather(p, at); a = Gather(words, ids); y = Add(a, g); -> y: float32[B, S, 8]`);
const long = (length: number): number[] => Array.from({ length }, (_, at) => 2 + (at % 48));
const files = {
  'config.json': { max_position_embeddings: 64, hidden_size: 8 },
  'tokenizer_config.json': { model_max_length: 512 },
  'tokenizer.json': { truncation: { max_length: 64, stride: 0 }, model: {} },
};

describe('cuts the table where the data ends', () => {
  test('BERT: as many rows as tokens, its buffer with it', async () => {
    const given = await world({ calibration: [idsFeed([long(33), long(4)])], files });
    const { model: after, changes, companions } = await apply(bert, given);
    expect(checkModel(after)).toEqual([]);
    expect(changes.map(({ what }) => what)).toEqual([
      '40 of 64 positions stay, for inputs of up to 40 tokens: 768 bytes less; longer inputs must be cut',
    ]);
    expect([...after.graph.initializers].map(([name, { dims }]) => [name, dims])).toEqual(
      expect.arrayContaining([
        ['p_kept', [40, 8]],
        ['b_kept', [1, 40]],
      ]),
    );
    for (const length of [1, 33, 40]) {
      const feeds = idsFeed([long(length)]);
      expect(relativeError((await run(given, bert, feeds))['y']!, (await run(given, after, feeds))['y']!)).toBe(0);
    }
    expect(jsonOf(companions, 'config.json')).toEqual({ max_position_embeddings: 40, hidden_size: 8 });
    expect(jsonOf(companions, 'tokenizer_config.json')).toEqual({ model_max_length: 40 });
    expect(jsonOf(companions, 'tokenizer.json')).toEqual({ truncation: { max_length: 40, stride: 0 }, model: {} });
  });

  test('RoBERTa: two more rows than tokens', async () => {
    const given = await world({ files: { 'config.json': { max_position_embeddings: 66 } } });
    const { model: after, companions } = await apply(roberta, given, { length: 20 });
    expect(after.graph.initializers.get('p_kept')!.dims).toEqual([22, 8]);
    expect(jsonOf(companions, 'config.json')).toEqual({ max_position_embeddings: 22 });
    const feeds = idsFeed([long(20)]);
    expect(relativeError((await run(given, roberta, feeds))['y']!, (await run(given, after, feeds))['y']!)).toBe(0);
  });

  test('short data leaves 32 positions', async () => {
    const { model: after } = await apply(bert, await world({ calibration: [idsFeed([long(3)])] }));
    expect(after.graph.initializers.get('p_kept')!.dims).toEqual([32, 8]);
  });
});

test.each([
  [bert, {}, /needs data/],
  [bert, { length: 64 }, /has 64 positions, and inputs of 64 tokens need 64/],
  [
    model('ids: int64[B, S]; t = float32[50, 8]{...}; y = Gather(t, ids); -> y'),
    { length: 8 },
    /rotary and relative positions have none/,
  ],
])('says why not', async (subject, raw, reason) => {
  const { model: after, changes, skipped, companions } = await apply(subject, await world({}), raw);
  expect([after, changes, companions]).toEqual([subject, [], undefined]);
  expect(skipped[0]!.reason).toMatch(reason);
});

test('a model without lookups is refused at once', () => {
  expect(positions.check(model('x: float32[N]; y = Relu(x); -> y'), { length: 0 })?.reason).toMatch(/no table/);
});
