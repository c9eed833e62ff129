import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Example, Feeds, Model, Task, Tensor, Value } from '../../contracts/index.ts';
import { parseText } from '../../model/graph/index.ts';
import { encode } from '../../model/onnx/index.ts';
import { toFloat32 } from '../../model/tensor/index.ts';
import { evaluate } from '../../optimize/training/testing/differences.ts';
import { seeded } from '../../statistics/index.ts';
import { createContext } from '../run/context.ts';
import { embeddingGradient, tokenGradients } from './token-gradients.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steelyard-gradients-'));
});
afterAll(() => rm(folder, { recursive: true }));

const random = seeded(3, 'weights');
const numbers = (count: number): string => Array.from({ length: count }, () => random.normal().toFixed(3)).join(', ');
const words = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'good', 'bad', 'film', '##s', ','];
const [vocabulary, width, classes] = [words.length, 4, 3];
const table = numbers(vocabulary * width);
const [mix, head] = [numbers(width * width), numbers(width * classes)];

/** Tokens look at each other: softmax(e·eᵀ)·e, the mean of what passes tanh, a head. */
const textOf = (lookup: string, ending = 'y = MatMul(pooled, v)'): string => `
input_ids: int64[N, T]
table = float32[${vocabulary}, ${width}] {${table}}
w = float32[${width}, ${width}] {${mix}}
v = float32[${width}, ${classes}] {${head}}
${lookup}
t = Transpose(e) {perm: [0, 2, 1]}; s = MatMul(e, t); a = Softmax(s) {axis: -1}; c = MatMul(a, e)
h = MatMul(c, w); r = Tanh(h); pooled = ReduceMean(r) {axes: [1], keepdims: 0}
${ending}
-> y: float32[N, ${classes}]`;
const plain = textOf('e = Gather(table, input_ids)');

const batch = (rows: readonly (readonly number[])[]): Feeds => ({
  input_ids: {
    dtype: 'int64',
    dims: [rows.length, rows[0]!.length],
    data: BigInt64Array.from(rows.flat(), BigInt),
  },
});
const rows = [
  [2, 4, 6, 7, 3],
  [2, 5, 5, 4, 3],
];
const labels = [0, 2];

/** The mean loss by embeddings that are given as an input. */
const openLoss = async (): Promise<(embeddings: Float32Array) => Promise<number>> => {
  const open = plain
    .replace('e = Gather(table, input_ids)', '')
    .replace('input_ids: int64[N, T]', `e: float32[N, T, ${width}]`);
  const run = await evaluate(parseText(open));
  return async (data) => {
    const e: Value = { dtype: 'float32', dims: [2, 5, width], data };
    const scores = (await run({ e }))['y']!.data as Float32Array;
    return labels.reduce((sum, label, row) => {
      const own = Array.from(scores.subarray(row * classes, (row + 1) * classes));
      const partition = own.reduce((all, one) => all + Math.exp(one), 0);
      return sum + (Math.log(partition) - own[label]!) / labels.length;
    }, 0);
  };
};
const embeddingsOf = (model: Model): Float32Array => {
  const { data } = model.graph.initializers.get('table') as Tensor;
  if (data.kind !== 'inline') throw new Error('inline weights');
  const all = toFloat32('float32', data.bytes);
  return Float32Array.from(rows.flat().flatMap((id) => [...all.subarray(id * width, (id + 1) * width)]));
};

const gradientOf = async (text: string): Promise<Float32Array> => {
  const made = embeddingGradient(parseText(text), 'y', classes);
  if ('reason' in made) throw new Error(made.reason);
  const run = await evaluate(made.model);
  const found = await run({
    ...batch(rows),
    labels: { dtype: 'int64', dims: [2], data: BigInt64Array.from(labels, BigInt) },
  });
  return found[made.output]!.data as Float32Array;
};

test('equals finite differences of the loss by every number of every embedding', async () => {
  const gradient = await gradientOf(plain);
  const at = embeddingsOf(parseText(plain));
  expect(gradient).toHaveLength(at.length);
  const step = 1e-2;
  const lossAt = await openLoss();
  for (const index of at.keys()) {
    const moved = (by: number): Promise<number> => lossAt(at.map((one, other) => (other === index ? one + by : one)));
    const slope = ((await moved(step)) - (await moved(-step))) / (2 * step);
    expect(Math.abs(gradient[index]! - slope), `number ${index}`).toBeLessThan(5e-4);
  }
});

test('ids that are cast on the way, and scores that are probabilities, give the same gradient', async () => {
  const gradient = await gradientOf(plain);
  const cast = await gradientOf(textOf('i = Cast(input_ids) {to: 6}; e = Gather(table, i)'));
  const probabilities = await gradientOf(
    textOf('e = Gather(table, input_ids)', 'z = MatMul(pooled, v); y = Softmax(z) {axis: -1}'),
  );
  for (const index of gradient.keys()) {
    expect(cast[index]).toBeCloseTo(gradient[index]!, 6);
    expect(probabilities[index]).toBeCloseTo(gradient[index]!, 6);
  }
});

test.each([
  [
    'no table is read by the token ids',
    textOf('j = Identity(input_ids); k = Add(j, j); e = Gather(table, k)'),
    'no table',
  ],
  [
    'the table is not float32',
    textOf('h16 = Cast(table) {to: 10}; g = Gather(h16, input_ids); e = Cast(g) {to: 1}'),
    'no table',
  ],
  ['an operator has no gradient', textOf('u = Gather(table, input_ids); e = Mod(u, u) {fmod: 1}'), 'Mod'],
])('refuses where %s', (_, text, reason) => {
  const made = embeddingGradient(parseText(text), 'y', classes);
  expect('reason' in made && made.reason).toContain(reason);
});

/** A tokenizer for the words above, and a task that reads ids from the text. */
const files = async () => {
  const tokenizerPath = join(folder, 'tokenizer.json');
  const special = [0, 1, 2, 3].map((id) => ({
    id,
    content: words[id],
    special: true,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  }));
  await writeFile(
    tokenizerPath,
    JSON.stringify({
      added_tokens: special,
      normalizer: null,
      pre_tokenizer: { type: 'Whitespace' },
      post_processor: null,
      decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
      model: {
        type: 'WordPiece',
        unk_token: '[UNK]',
        continuing_subword_prefix: '##',
        vocab: Object.fromEntries(words.map((word, id) => [word, id])),
      },
    }),
  );
  return { tokenizerPath, tokenizerConfigPath: null };
};
const idsOf = ({ text = '' }: Example): readonly number[] => text.split(' ').map(Number);
const task = {
  id: 'text-classification',
  labels: ['a', 'b', 'c'],
  fingerprint: '',
  output: 'y',
  bucket: (example: Example) => String(idsOf(example).length),
  encode: (examples: readonly Example[]) => ({ feeds: batch(examples.map(idsOf)), truncated: 0, tokens: 0 }),
  decode: () => new Float32Array(0),
  text: {
    special: new Set([0, 1, 2, 3]),
    startsWord: (token: number) => !words[token]!.startsWith('##'),
    tokens: idsOf,
  },
} as unknown as Task;
const example = (ids: readonly number[], label: string | null): Example => ({
  id: ids.join(),
  text: ids.join(' '),
  label,
  groups: {},
});

test('gives each example the gradient that it has alone, whatever its batch, and knows which tokens are words', async () => {
  const context = createContext({ seed: 1, workFolder: folder });
  const made = await tokenGradients(parseText(plain), await files(), task, context)();
  if ('reason' in made) throw new Error(made.reason);
  try {
    expect(made.width).toBe(width);
    expect(made.table).toHaveLength(vocabulary * width);
    expect(words.map((_, token) => made.word(token))).toEqual([
      null,
      null,
      null,
      null,
      'good',
      'bad',
      'film',
      null,
      null,
    ]);
    const mean = await gradientOf(plain);
    const found = await made.gradients([example(rows[0]!, 'a'), example([2, 4, 3], 'b'), example(rows[1]!, 'c')]);
    expect(found.map(({ tokens }) => tokens)).toEqual([rows[0], [2, 4, 3], rows[1]]);
    const half = mean.length / 2;
    for (let index = 0; index < half; index++) {
      expect(found[0]!.gradient[index]).toBeCloseTo(2 * mean[index]!, 5);
      expect(found[2]!.gradient[index]).toBeCloseTo(2 * mean[half + index]!, 5);
    }
    expect(found[1]!.gradient).toHaveLength(3 * width);
    const two = made.table.slice(4 * width, 6 * width);
    const products = await made.products(two);
    expect(products).toHaveLength(2 * vocabulary);
    const dot = (a: number, b: number): number =>
      Array.from({ length: width }, (_, at) => made.table[a * width + at]! * made.table[b * width + at]!).reduce(
        (sum, one) => sum + one,
        0,
      );
    expect(products[6]).toBeCloseTo(dot(4, 6), 5);
    expect(products[vocabulary + 8]).toBeCloseTo(dot(5, 8), 5);
    await expect(made.gradients([example(rows[0]!, null)])).rejects.toMatchObject({ code: 'task/labels' });
  } finally {
    await made.close();
  }
});

test('a task without text has no gradients by words', async () => {
  const context = createContext({ seed: 1, workFolder: folder });
  const { text: _text, ...tensors } = task;
  expect(await tokenGradients(parseText(plain), await files(), tensors as Task, context)()).toEqual({
    reason: 'the model reads no text',
    nodes: [],
  });
  expect(await encode(parseText(plain))).toBeInstanceOf(Uint8Array);
});
