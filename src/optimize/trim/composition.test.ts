import { Tokenizer } from '@huggingface/tokenizers';
import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import type { Model } from '../../contracts/index.ts';
import { checkModel } from '../../model/onnx/index.ts';
import { embedding } from '../quantize/embedding.ts';
import { float16Storage } from '../quantize/float16-storage.ts';
import { model, operators, relativeError, run } from '../testing/quantized.ts';
import { deskTexts, wordPieceFile } from './testing/tokenizers.ts';
import { idsFeed, jsonOf, learningOf, world } from './testing/world.ts';
import { vocabulary } from './vocabulary.ts';

const json = wordPieceFile(deskTexts, 600);
const tokenizer = new Tokenizer(json, {});
const train = deskTexts.slice(0, 40).map((text) => tokenizer.encode(text).ids);
const files = { 'tokenizer.json': json };
const plain = model(`ids: int64[B, S]; t = float32[600, 32]{...}; w = float32[32, 3]{...}
  e = Gather(t, ids); m = ReduceMean(e) {axes: [1], keepdims: 0}; y = MatMul(m, w); -> y: float32[B, 3]`);
const fused =
  model(`opset 17; opset com.microsoft 1; ids: int32[B, S]; t = float32[600, 32]{...}; p = float32[64, 32]{...}; g = float32[32]{...}; b = float32[32]{...}
  e, mask = com.microsoft.EmbedLayerNormalization(ids, _, t, p, _, g, b) {epsilon: 0.00001}; y = Neg(e); -> y: float32[B, S, 32]`);

const trim = async (
  subject: Model,
  form: string,
  int32 = false,
): Promise<{ readonly after: Model; readonly error: number }> => {
  const given = await world({ learning: learningOf(train), files });
  const {
    model: after,
    companions,
    skipped,
    changes,
  } = await vocabulary.apply(subject, parseOptions(vocabulary.id, vocabulary.options, { form }), given);
  expect([skipped, checkModel(after)]).toEqual([[], []]);
  expect(changes.length).toBeGreaterThan(0);
  const next = companions === undefined ? tokenizer : new Tokenizer(jsonOf(companions, 'tokenizer.json'), {});
  const texts = deskTexts.slice(0, 12);
  const feeds = (one: Tokenizer) => {
    const { ids } = idsFeed(texts.map((text) => one.encode(text).ids.slice(0, 60)));
    return {
      ids: int32
        ? { ...ids!, dtype: 'int32' as const, data: Int32Array.from(ids!.data as BigInt64Array, Number) }
        : ids!,
    };
  };
  const was = await run(given, subject, feeds(tokenizer));
  return { after, error: relativeError(was['y']!, (await run(given, after, feeds(next)))['y']!) };
};

describe.each(['rewrite', 'remap'])('form %s', (form) => {
  test.each([
    ['int8 by rows', { minValues: 1 }],
    ['int8 with one scale', { minValues: 1, granularity: 'table' }],
    ['int8 in blocks', { minValues: 1, form: 'blocks' }],
    ['4 bits in blocks', { minValues: 1, form: 'blocks', bits: '4' }],
  ])('after the table became %s', async (_, raw) => {
    const given = await world({});
    const { model: small } = await embedding.apply(plain, parseOptions(embedding.id, embedding.options, raw), given);
    expect(operators(small)).not.toEqual(operators(plain));
    const { after, error } = await trim(small, form);
    expect(error).toBe(0);
    for (const [name, { dims }] of after.graph.initializers)
      if (name.endsWith('_kept')) expect(dims[0]).toBeLessThan(500);
  });

  test('after weights are stored in 16 bits', async () => {
    const { model: half } = await float16Storage.apply(
      plain,
      parseOptions(float16Storage.id, float16Storage.options, { minValues: 1 }),
      await world({}),
    );
    expect((await trim(half, form)).error).toBe(0);
  });

  test('with embeddings in one fused operator', async () => {
    expect((await trim(fused, form, true)).error).toBe(0);
  });

  test('and int8 after it', async () => {
    const { after } = await trim(plain, form);
    const { changes } = await embedding.apply(
      after,
      parseOptions(embedding.id, embedding.options, { minValues: 1 }),
      await world({}),
    );
    expect(changes.some(({ what }) => what.startsWith('Gather from an int8 table'))).toBe(true);
  });
});
