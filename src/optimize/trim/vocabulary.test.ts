import { Tokenizer } from '@huggingface/tokenizers';
import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import type { Context, Model } from '../../contracts/index.ts';
import { checkModel } from '../../model/onnx/index.ts';
import { model, operators, relativeError, run } from '../testing/quantized.ts';
import { deskTexts, gptFile, wordPieceFile } from './testing/tokenizers.ts';
import { idsFeed, jsonOf, learningOf, world } from './testing/world.ts';
import { vocabulary } from './vocabulary.ts';

const options = (raw: Record<string, unknown> = {}) => parseOptions(vocabulary.id, vocabulary.options, raw);
const apply = (subject: Model, given: Context, raw: Record<string, unknown> = {}) =>
  vocabulary.apply(subject, options(raw), given);

const json = wordPieceFile(deskTexts, 900);
const tokenizer = new Tokenizer(json, {});
const encode = (texts: readonly string[]) => texts.map((text) => tokenizer.encode(text).ids);
const train = encode(deskTexts.slice(0, 100));
const validation = encode(deskTexts.slice(100, 300));
const files = {
  'tokenizer.json': json,
  'config.json': { vocab_size: 900, pad_token_id: 0, hidden_size: 8 },
  'tokenizer_config.json': { pad_token: '[PAD]', unk_token: '[UNK]', model_max_length: 64 },
};
const classifier = model(`ids: int64[B, S]; t = float32[900, 8]{...}; w = float32[8, 3]{...}
  e = Gather(t, ids); m = ReduceMean(e) {axes: [1], keepdims: 0}; y = MatMul(m, w); -> y: float32[B, 3]`);

describe('rewrite', () => {
  test('the same answers with fewer rows, and files that follow', async () => {
    const given = await world({ learning: learningOf(train, validation), files });
    const { model: after, companions, changes, skipped } = await apply(classifier, given);
    expect(skipped).toEqual([]);
    expect(checkModel(after)).toEqual([]);
    const next = new Tokenizer(jsonOf(companions, 'tokenizer.json'), {});
    const [rows] = [...after.graph.initializers].find(([name]) => name === 't_kept')![1].dims;
    expect(rows).toBeLessThan(700);
    expect(jsonOf(companions, 'config.json')).toEqual({ vocab_size: rows, pad_token_id: 0, hidden_size: 8 });
    expect([...companions!.keys()].toSorted()).toEqual(['config.json', 'tokenizer.json']);
    const texts = deskTexts.slice(0, 20);
    const was = await run(given, classifier, idsFeed(encode(texts)));
    const now = await run(given, after, idsFeed(texts.map((text) => next.encode(text).ids)));
    expect(relativeError(was['y']!, now['y']!)).toBeLessThan(1e-6);
    expect(changes.map(({ what }) => what)).toEqual([
      expect.stringMatching(/^\d+ of 900 tokens stay: 28\.8 kB of tables become [\d.]+ kB; tokenizer\.json follows$/),
      expect.stringMatching(/^nothing in the data that chose the tokens changes/),
      expect.stringMatching(
        /^of the [\d,]+ tokens of the validation data, [\d.]+ % split into smaller kept ones, 0 % become unknown, for example "/,
      ),
    ]);
  });

  test('wishes make it smaller, and the report tells what is lost', async () => {
    const given = await world({ learning: learningOf(train), files });
    const kept = async (raw: Record<string, unknown>) => {
      const { model: after, changes } = await apply(classifier, given, raw);
      return [after.graph.initializers.get('t_kept')!.dims[0]!, changes[1]!.what] as const;
    };
    const [all] = await kept({});
    const [most, report] = await kept({ coverage: 0.9 });
    const [bare] = await kept({ keepCharacters: false });
    const [few] = await kept({ size: 10, keepCharacters: false });
    expect(most).toBeLessThan(all);
    expect(bare).toBeLessThan(all);
    expect(few).toBe(15);
    expect(report).toMatch(/\d % split into smaller kept ones, 0 % become unknown/);
    expect((await kept({ size: 10, keepCharacters: false }))[1]).toMatch(/[1-9][\d.]* % become unknown/);
  });

  test('comparisons with ids follow, and the id compared with stays', async () => {
    const given = await world({ learning: learningOf(train), files });
    const rare = tokenizer.encode('refund').ids[1]!;
    const subject = model(`ids: int64[B, S]; t = float32[900, 8]{...}; c = int64[] {${rare}}
      e = Gather(t, ids); q = Equal(ids, c); f = Cast(q) {to: 1}; axis = int64[1] {2}; u = Unsqueeze(f, axis); y = Mul(e, u); -> y: float32[B, S, 8]`);
    const { model: after, companions } = await apply(subject, given, { keepCharacters: false });
    const now = new Tokenizer(jsonOf(companions, 'tokenizer.json'), {}).token_to_id('refund')!;
    expect(now).not.toBe(rare);
    const was = await run(given, subject, idsFeed([[rare, 0, 2]]));
    const is = await run(given, after, idsFeed([[now, 0, 2]]));
    expect(relativeError(was['y']!, is['y']!)).toBeLessThan(1e-6);
  });

  test('a tied output layer is cut with the table: scores of kept tokens are the same', async () => {
    const bpe = gptFile(deskTexts.slice(0, 200), 200);
    const gpt = new Tokenizer(bpe, {});
    const size = Object.keys((bpe['model'] as { vocab: object }).vocab).length;
    const subject = model(`ids: int64[B, S]; t = float32[${size}, 8]{...}; c = float32[${size}]{...}
      e = Gather(t, ids); h = Tanh(e); u = Transpose(t) {perm: [1, 0]}; m = MatMul(h, u); y = Add(m, c); -> y: float32[B, S, ${size}]`);
    const rows = deskTexts.slice(0, 20).map((text) => gpt.encode(text).ids);
    const given = await world({ learning: learningOf(rows, [], 'ids'), files: { 'tokenizer.json': bpe } });
    const { model: after, companions } = await apply(subject, given);
    expect(checkModel(after)).toEqual([]);
    const next = new Tokenizer(jsonOf(companions, 'tokenizer.json'), {});
    const text = deskTexts[3]!;
    const [was] = [(await run(given, subject, idsFeed([gpt.encode(text).ids])))['y']!];
    const [now] = [(await run(given, after, idsFeed([next.encode(text).ids])))['y']!];
    const kept = now.dims[2]!;
    expect(after.graph.outputs[0]!.type).toMatchObject({ dims: ['B', 'S', kept] });
    expect(kept).toBeLessThan(size);
    const columns = Array.from({ length: kept }, (_, id) => gpt.token_to_id(next.id_to_token(id)!)!);
    for (let place = 0; place < now.dims[1]!; place++)
      for (const [id, old] of columns.entries())
        expect(now.data[place * kept + id]).toBeCloseTo(was.data[place * size + old] as number, 5);
  });
});

describe('remap', () => {
  test('ids and files stay; kept ids get the same answers, others the unknown token’s', async () => {
    const given = await world({ learning: learningOf(train), files });
    const {
      model: after,
      companions,
      changes,
    } = await apply(classifier, given, { form: 'remap', keepCharacters: false });
    expect(companions).toBeUndefined();
    expect(operators(after)).toEqual({ Gather: 2, Cast: 1, ReduceMean: 1, MatMul: 1 });
    expect(checkModel(after)).toEqual([]);
    const answers = async (subject: Model, rows: readonly (readonly number[])[]) =>
      (await run(given, subject, idsFeed(rows)))['y']!;
    expect(relativeError(await answers(classifier, train.slice(0, 9)), await answers(after, train.slice(0, 9)))).toBe(
      0,
    );
    const seen = new Set(train.flat());
    const gone = Array.from({ length: 900 }, (_, id) => id).find((id) => id > 10 && !seen.has(id))!;
    expect((await answers(after, [[2, gone, 3]])).data).toEqual((await answers(classifier, [[2, 1, 3]])).data);
    expect(changes.at(-2)!.what).toMatch(/other ids read the row of the unknown token/);
  });

  test('without a tokenizer unknown ids read the mean of what is gone', async () => {
    const given = await world({ calibration: [idsFeed([[1, 2, 3]])] });
    const subject = model('ids: int64[B, S]; t = float32[50, 20]{...}; y = Gather(t, ids); -> y: float32[B, S, 20]');
    const { model: after, skipped } = await apply(subject, given);
    expect(skipped.map(({ reason }) => reason)).toEqual([
      'ids stay as they are: no tokenizer.json lies beside the model',
    ]);
    expect(after.graph.initializers.get('t_kept')!.dims).toEqual([5, 20]);
    const all = (await run(given, subject, idsFeed([Array.from({ length: 50 }, (_, id) => id)])))['y']!
      .data as Float32Array;
    const now = (await run(given, after, idsFeed([[3, 20, 49]])))['y']!.data as Float32Array;
    expect(now.slice(0, 20)).toEqual(all.slice(60, 80));
    const mean = Array.from(
      { length: 20 },
      (_, at) =>
        Array.from({ length: 46 }, (__, row) => all[(row + 4) * 20 + at]!).reduce((sum, one) => sum + one, 0) / 46,
    );
    for (const [at, value] of mean.entries()) expect(now[20 + at]).toBeCloseTo(value, 5);
    expect(now.slice(20, 40)).toEqual(now.slice(40));
  });

  test('a table that is also an output layer has to stay', async () => {
    const given = await world({ calibration: [idsFeed([[1, 2, 3]])] });
    const subject = model(
      'ids: int64[B, S]; t = float32[50, 20]{...}; e = Gather(t, ids); u = Transpose(t) {perm: [1, 0]}; y = MatMul(e, u); -> y',
    );
    const { changes, skipped } = await apply(subject, given);
    expect(changes).toEqual([]);
    expect(skipped[0]!.reason).toMatch(/needs a table of its own.*used by u/);
  });
});

test.each([
  [{}, { calibration: null }, /needs data to tell which tokens occur/],
  [{ form: 'rewrite' }, { calibration: [idsFeed([[1]])] }, /no tokenizer\.json.*form remap leaves ids/],
  [
    { form: 'rewrite' },
    { calibration: [idsFeed([[1]])], files: { 'tokenizer.json': { model: { type: 'Odd' } } } },
    /kind that is not known/,
  ],
  [{}, { calibration: [idsFeed([[1, 900]])], files }, /have id 900, which the table of 900 rows does not/],
  [
    {},
    { calibration: [idsFeed([Array.from({ length: 900 }, (_, id) => id)])], files },
    /all 900 rows of the table are needed/,
  ],
])('refuses with options %j', async (raw, given, reason) => {
  const { model: after, changes, skipped } = await apply(classifier, await world(given), raw);
  expect([changes, after]).toEqual([[], classifier]);
  expect(skipped[0]!.reason).toMatch(reason);
});

test('a model without a lookup is refused at once', () => {
  expect(vocabulary.check(model('x: float32[N]; y = Relu(x); -> y'), options())?.reason).toMatch(/no Gather/);
});
