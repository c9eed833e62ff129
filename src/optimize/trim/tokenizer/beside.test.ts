import { expect, test } from 'vitest';
import type { Context } from '../../../contracts/index.ts';
import { context } from '../../testing/quantized.ts';
import { mapSettings, namedBeside, rewriteBeside } from './beside.ts';
import { bpe } from './bpe.ts';
import type { TokenModel } from './types.ts';
import { wordPiece } from './word-piece.ts';

const beside = async (files: Readonly<Record<string, unknown>>): Promise<Context> => ({
  ...(await context()),
  companion: (name) => {
    const file = files[name];
    return Promise.resolve(
      file === undefined ? null : new TextEncoder().encode(typeof file === 'string' ? file : JSON.stringify(file)),
    );
  },
});
const ids = new Map([
  [0, 0],
  [2, 1],
  [5, 2],
]);

test('finds ids by number and by text', async () => {
  const world = await beside({
    'config.json': {
      pad_token_id: 1,
      eos_token_id: [2, 3],
      decoder: { bos_token_id: 7 },
      id2label: { 0: 'a' },
      vocab_size: 9,
    },
    'tokenizer_config.json': {
      unk_token: { content: '<unk>' },
      additional_special_tokens: ['<x>', { content: '<y>' }],
    },
  });
  const found = await namedBeside(world, (content) => ({ '<unk>': 4, '<x>': 5, '<y>': 6 })[content]);
  expect(found.ids.toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(found).toMatchObject({ pad: 1, unknown: 4 });
  expect(await namedBeside(await beside({}), () => undefined)).toEqual({ ids: [], pad: null, unknown: null });
});

test('settings get new ids and the new size; lists of held-back tokens lose what is gone', () => {
  const before = {
    vocab_size: 10,
    pad_token_id: 2,
    eos_token_id: [0, 5],
    bos_token_id: null,
    other_token_id: -1,
    hidden_size: 2,
    suppress_tokens: [2, 3, 5],
    bad_words_ids: [[2, 3], [5]],
    forced_decoder_ids: [
      [1, 5],
      [2, 3],
    ],
    added_tokens_decoder: { 2: { content: 'a' } },
    text_config: { vocab_size: 10, eos_token_id: 5 },
    vision_config: { vocab_size: 3 },
    id2label: { 2: 'x' },
  };
  expect(mapSettings(before, ids, 10, 3)).toEqual({
    vocab_size: 3,
    pad_token_id: 1,
    eos_token_id: [0, 2],
    bos_token_id: null,
    other_token_id: -1,
    hidden_size: 2,
    suppress_tokens: [1, 2],
    bad_words_ids: [[2]],
    forced_decoder_ids: [[1, 2]],
    added_tokens_decoder: { 1: { content: 'a' } },
    text_config: { vocab_size: 3, eos_token_id: 2 },
    vision_config: { vocab_size: 3 },
    id2label: { 2: 'x' },
  });
});

test('vocabularies in other files follow; sealed ones are named', async () => {
  const tokens = ['a', 'b', 'c', 'd', 'e', 'ab'];
  const model = bpe(
    { vocab: Object.fromEntries(tokens.map((one, id) => [one, id])), merges: ['a b', 'a c'] },
    false,
  ) as TokenModel;
  const world = await beside({
    'vocab.json': Object.fromEntries(tokens.map((one, id) => [one, id])),
    'merges.txt': '#version: 0.2\na b\na c\n',
    'added_tokens.json': { c: 2 },
    'config.json': { hidden_size: 2 },
    'spiece.model': 'x',
  });
  const { files, sealed } = await rewriteBeside(world, model, new Map([...ids, [1, 3]]), 6, 4);
  const text = (name: string): string => new TextDecoder().decode(files.get(name));
  expect(JSON.parse(text('vocab.json'))).toEqual({ a: 0, b: 3, c: 1, ab: 2 });
  expect(text('merges.txt')).toBe('#version: 0.2\na b\n');
  expect(JSON.parse(text('added_tokens.json'))).toEqual({ c: 1 });
  expect([...files.keys()].toSorted()).toEqual(['added_tokens.json', 'merges.txt', 'vocab.json']);
  expect(sealed).toEqual(['spiece.model']);
});

test('vocab.txt keeps the lines of kept ids', async () => {
  const model = wordPiece({ vocab: { a: 0, b: 1, c: 2, d: 3 } }) as TokenModel;
  const { files } = await rewriteBeside(
    await beside({ 'vocab.txt': 'a\nb\nc\nd\n' }),
    model,
    new Map([
      [0, 0],
      [2, 1],
      [3, 2],
    ]),
    4,
    3,
  );
  expect(new TextDecoder().decode(files.get('vocab.txt'))).toBe('a\nc\nd\n');
});
