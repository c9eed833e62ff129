import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { DataType, Dim, Example, ValueInfo } from '../../contracts/index.ts';
import { textClassification, type TextTaskParts } from './text-classification.ts';
import { makeTokenizer } from './tokenizer.ts';

const path = join(dirname(fileURLToPath(import.meta.url)), 'fixtures', 'small-golden.json');
const golden = JSON.parse(await readFile(path, 'utf8')) as { wordPiece: { tokenizer: unknown } };
const input = (name: string, dtype: DataType = 'int64', dims: readonly Dim[] = ['batch', 'tokens']): ValueInfo => ({
  name,
  type: { kind: 'tensor', dtype, dims },
});
const three = [input('input_ids'), input('attention_mask'), input('token_type_ids')];
const task = (parts: Partial<TextTaskParts> = {}, config: unknown = {}) =>
  textClassification({
    tokenizer: makeTokenizer(golden.wordPiece.tokenizer, config, 'test', null),
    labels: ['no', 'yes'],
    inputs: three,
    output: 'logits',
    maxLength: 32,
    ...parts,
  });
const example = (text: string, pair?: string): Example => ({
  id: text,
  text,
  ...(pair === undefined ? {} : { pair }),
  label: null,
  groups: {},
});
const table = (value: { readonly data: unknown } | undefined): number[] =>
  Array.from(value!.data as BigInt64Array, Number);

test('pads a batch to its longest text and masks the padding', () => {
  // [CLS] the refund [SEP] = 2 5 7 3; [CLS] order [SEP] = 2 8 3.
  const { feeds, tokens, truncated } = task().encode([example('the refund'), example('order')]);
  expect(feeds['input_ids']).toEqual({
    dtype: 'int64',
    dims: [2, 4],
    data: BigInt64Array.of(2n, 5n, 7n, 3n, 2n, 8n, 3n, 0n),
  });
  expect(table(feeds['attention_mask'])).toEqual([1, 1, 1, 1, 1, 1, 1, 0]);
  expect(table(feeds['token_type_ids'])).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  expect({ tokens, truncated }).toEqual({ tokens: 7, truncated: 0 });
});

test('marks the second text of a pair', () => {
  const { feeds } = task().encode([example('refund', 'order')]);
  expect(table(feeds['input_ids'])).toEqual([2, 7, 3, 8, 3]);
  expect(table(feeds['token_type_ids'])).toEqual([0, 0, 0, 1, 1]);
});

test('pads on the left where the tokenizer says so', () => {
  const { feeds } = task({}, { padding_side: 'left' }).encode([example('the refund'), example('order')]);
  expect(table(feeds['input_ids'])).toEqual([2, 5, 7, 3, 0, 2, 8, 3]);
  expect(table(feeds['attention_mask'])).toEqual([1, 1, 1, 1, 0, 1, 1, 1]);
});

test('feeds only what the model declares, as it declares it', () => {
  const { feeds } = task({ inputs: [input('input_ids', 'int32')] }).encode([example('order')]);
  expect(feeds).toEqual({ input_ids: { dtype: 'int32', dims: [1, 3], data: Int32Array.of(2, 8, 3) } });
});

test('fills a fixed length and cuts to it', () => {
  const fixed = task({ inputs: [input('input_ids', 'int64', ['batch', 4])] });
  expect(table(fixed.encode([example('order')]).feeds['input_ids'])).toEqual([2, 8, 3, 0]);
  expect(fixed.encode([example('where is my order')]).truncated).toBe(1);
  expect(fixed.bucket!(example('order'))).toBe(fixed.bucket!(example('where is my order')));
});

test('counts what it cuts; texts of one length share a bucket', () => {
  const short = task({ maxLength: 4 });
  expect(short.encode([example('where is my order'), example('order')])).toMatchObject({ truncated: 1, tokens: 7 });
  expect(task().bucket!(example('where is'))).toBe(task().bucket!(example('my order')));
  expect(task().bucket!(example('where'))).not.toBe(task().bucket!(example('my order')));
});

test('the fingerprint changes with everything that changes an answer', () => {
  const prints = [
    task(),
    task({ maxLength: 16 }),
    task({ labels: ['yes', 'no'] }),
    task({ output: 'other' }),
    task({}, { padding_side: 'left' }),
    task({ inputs: [input('input_ids')] }),
  ].map(({ fingerprint }) => fingerprint);
  expect(new Set(prints).size).toBe(prints.length);
  expect(task().fingerprint).toBe(prints[0]);
});

test('refuses inputs that it cannot feed, and examples without text', () => {
  expect(() => task({ inputs: [input('pixel_values')] })).toThrowError(
    expect.objectContaining({ code: 'task/input', message: expect.stringContaining('pixel_values') }),
  );
  expect(() => task().encode([{ id: '7', label: null, groups: {} }])).toThrowError(/example 7 has no text/);
});

test('keys of runs made before still fit', () => {
  const kept = task({ inputs: three.slice(0, 2) }).fingerprint;
  expect(kept).toBe('5a9c72a3f70722accbde8d86ee8b97d61f19481a9fc7acedcc40b8fcf9e14a07');
});
