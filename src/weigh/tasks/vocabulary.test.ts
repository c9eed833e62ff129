import { expect, test } from 'vitest';
import { vocabularyOf } from './vocabulary.ts';

test('WordPiece: special tokens, size and continuations', () => {
  const json = {
    added_tokens: [
      { id: 0, content: '[PAD]', special: true },
      { id: 1, content: '[UNK]', special: true },
      { id: 2, content: '[MASK]', special: true },
      { id: 6, content: 'product', special: false },
    ],
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      vocab: { '[PAD]': 0, '[UNK]': 1, '[MASK]': 2, play: 3, '##ing': 4 },
    },
  };
  const found = vocabularyOf(json, { mask_token: '[MASK]' }, 0);
  expect(found).toMatchObject({ unknownToken: 1, maskToken: 2, vocabularySize: 7 });
  expect([...found.special].sort()).toEqual([0, 1, 2]);
  expect([3, 4, 6].map(found.startsWord)).toEqual([true, false, true]);
});

test('byte-level and Metaspace mark the beginning', () => {
  const bytes = vocabularyOf(
    {
      pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Digits' }, { type: 'ByteLevel' }] },
      model: { type: 'BPE', vocab: { a: 0, Ġa: 1, '<|end|>': 2 } },
    },
    { eos_token: { content: '<|end|>' } },
    2,
  );
  expect(bytes).toMatchObject({ unknownToken: null, maskToken: null, vocabularySize: 3 });
  expect([...bytes.special]).toEqual([2]);
  expect([0, 1].map(bytes.startsWord)).toEqual([false, true]);
  const pieces = vocabularyOf(
    {
      model: {
        type: 'Unigram',
        unk_id: 0,
        vocab: [
          ['<unk>', 0],
          ['▁a', -1],
          ['b', -2],
        ],
      },
    },
    {},
    0,
  );
  expect(pieces).toMatchObject({ unknownToken: 0, vocabularySize: 3 });
  expect([1, 2].map(pieces.startsWord)).toEqual([true, false]);
});

test('says nothing about files that say nothing', () => {
  expect(vocabularyOf(null, null, 0)).toMatchObject({ unknownToken: null, maskToken: null, vocabularySize: 0 });
});
