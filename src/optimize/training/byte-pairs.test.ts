import { Tokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { byteCharacters } from '../trim/tokenizer/bytes.ts';
import { byteWords, trainBytePairs } from './byte-pairs.ts';
import { bytePairConfig, bytePairJson } from './vocabulary-files.ts';
import { specialTokens } from './vocabulary.ts';

const deskTexts = readFileSync(new URL('../../../examples/support-desk/data/train.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => (JSON.parse(line) as { text: string }).text);

const loaded = (pairs: ReturnType<typeof trainBytePairs>, maxLength = 4096): Tokenizer =>
  new Tokenizer(bytePairJson(pairs, maxLength), bytePairConfig(maxLength));

// By hand: Ġ h u g ×3 and ×2 with s, Ġ p u g ×1. (u g) occurs 6 times, then (h ug) and (Ġ h) 5 each: h before Ġ. Then (Ġ hug) 5, (Ġhug s) 2.
const small = ['hug hug hug', 'pug', 'hugs hugs'];

test('merges as worked out by hand and stops when no pair occurs twice', () => {
  const { tokens, merges } = trainBytePairs(small, { size: 1000 });
  expect(tokens.slice(0, 5)).toEqual([...specialTokens]);
  expect(tokens.slice(5, 261)).toEqual([...byteCharacters]);
  expect(tokens.slice(261)).toEqual(['ug', 'hug', 'Ġhug', 'Ġhugs']);
  expect(merges).toEqual([
    ['u', 'g'],
    ['h', 'ug'],
    ['Ġ', 'hug'],
    ['Ġhug', 's'],
  ]);
  expect(trainBytePairs(small.toReversed(), { size: 262 }).tokens.at(-1)).toBe('ug');
});

test('the tokenizer file loads and cuts words by the merges', () => {
  const tokenizer = loaded(trainBytePairs(small, { size: 1000 }));
  expect(tokenizer.encode('hugs pug Hug').tokens).toEqual(['[CLS]', 'Ġhugs', 'Ġ', 'p', 'ug', 'Ġ', 'H', 'ug', '[SEP]']);
  expect(tokenizer.encode('hug', { text_pair: 'hugs', return_token_type_ids: true })).toMatchObject({
    tokens: ['[CLS]', 'Ġhug', '[SEP]', 'Ġhugs', '[SEP]'],
    token_type_ids: [0, 0, 0, 1, 1],
  });
});

test('any text is read without [UNK] and written back', () => {
  const tokenizer = loaded(trainBytePairs(deskTexts.slice(0, 200), { size: 500 }));
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
      // Special tokens in a text are special: not what is asked here.
      fc.pre(!/\[(PAD|UNK|CLS|SEP|MASK)\]/.test(text));
      const { ids } = tokenizer.encode(text);
      expect(ids).not.toContain(1);
      const back = tokenizer.decode(ids, { skip_special_tokens: true });
      expect(back.replace(/^ /, '')).toBe(text.replace(/^ /, ''));
    }),
    { numRuns: 100, seed: 1 },
  );
});

test('merges shorten real texts', () => {
  const tokenizer = loaded(trainBytePairs(deskTexts.slice(0, 800), { size: 800 }));
  const [held, bytes] = [deskTexts.slice(0, 100), (text: string) => Buffer.from(` ${text}`).length];
  const pieces = held.reduce((sum, text) => sum + tokenizer.encode(text).ids.length - 2, 0);
  expect(pieces).toBeLessThan(held.reduce((sum, text) => sum + bytes(text), 0) / 2);
});

test('words as GPT-2 cuts them, one character a byte', () => {
  expect(byteWords("it's 12 é")).toEqual(['Ġit', "'s", 'Ġ12', 'ĠÃ©']);
  expect(byteWords('')).toEqual([]);
});

test.each([
  ['no room for the 261', ['a b'], 200],
  ['no words', [''], 1000],
])('refused: %s', (message, texts, size) => {
  expect(() => trainBytePairs(texts, { size })).toThrowError(
    expect.objectContaining({ code: 'training/vocabulary', message: expect.stringContaining(message) }),
  );
});
