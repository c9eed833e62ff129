import { Tokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { tokenizerConfig, tokenizerJson } from './vocabulary-files.ts';
import { normalizeText, specialTokens, splitWords, trainWordPiece } from './vocabulary.ts';

const trainingTexts = readFileSync(new URL('../../../examples/support-desk/data/train.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => (JSON.parse(line) as { text: string }).text);

const tokens = (vocab: readonly string[], text: string): string[] =>
  new Tokenizer(tokenizerJson(vocab, 64), tokenizerConfig(64)).encode(text).tokens;

// By hand: h ##u ##g ×3, p ##u ##g ×1, h ##u ##g ##s ×2. (##u ##g) occurs 6 times, then (h ##ug) 5, then (hug ##s) 2; (p ##ug) only once.
const small = ['hug hug hug', 'Pug', 'hugs, húgs'];

test('merges as worked out by hand and stops when no pair occurs twice', () => {
  expect(trainWordPiece(small, { size: 100 })).toEqual([
    ...specialTokens,
    ',',
    'g',
    'h',
    'p',
    's',
    'u',
    '##,',
    '##g',
    '##h',
    '##p',
    '##s',
    '##u',
    '##ug',
    'hug',
    'hugs',
  ]);
});

test('stops at the size', () => {
  expect(trainWordPiece(small, { size: 18 }).at(-1)).toBe('##ug');
  expect(trainWordPiece(small, { size: 18 })).toHaveLength(18);
});

test('segments as worked out by hand', () => {
  const vocab = trainWordPiece(small, { size: 100 });
  expect(tokens(vocab, 'hugs pugs Shug!')).toEqual([
    '[CLS]',
    'hugs',
    'p',
    '##ug',
    '##s',
    's',
    '##h',
    '##ug',
    '[UNK]',
    '[SEP]',
  ]);
});

test('repeated letters merge from the left', () => {
  // x ##x ##x ##x, twice: (##x ##x) 4, so x ##xx ##x; then (##xx ##x) 2 and (x ##xx) 2, where the first in order wins; then (x ##xxx) 2.
  expect(trainWordPiece(['xxxx', 'xxxx'], { size: 100 }).slice(7)).toEqual(['##xx', '##xxx', 'xxxx']);
});

test('the order of the texts does not matter, and twice gives the same', () => {
  const texts = trainingTexts.slice(0, 500);
  const once = trainWordPiece(texts, { size: 800 });
  expect(trainWordPiece(texts.toReversed(), { size: 800 })).toEqual(once);
  expect(once).toHaveLength(800);
  expect(new Set(once).size).toBe(800);
});

test('every training text of the support desk is free of [UNK] and comes back', () => {
  const vocab = trainWordPiece(trainingTexts, { size: 2000 });
  const tokenizer = new Tokenizer(tokenizerJson(vocab, 64), tokenizerConfig(64));
  for (const text of trainingTexts) {
    const all = tokenizer.encode(text).tokens;
    expect([all[0], all.at(-1)]).toEqual(['[CLS]', '[SEP]']);
    expect(all).not.toContain('[UNK]');
    const back = all
      .slice(1, -1)
      .map((token: string) => token.replace(/^##(?=.)/su, ''))
      .join('');
    expect(back).toBe(splitWords(normalizeText(text)).join(''));
  }
});

test('normalization and words agree with the tokenizer library on any text', () => {
  const characters = fc.constantFrom(...'aÉñ ß.,-_$\t\n…東あ🙏İǅ\u200d\u0301\u00a0');
  const check = (text: string) => {
    const { normalizer, pre_tokenizer: words } = new Tokenizer(
      tokenizerJson([...specialTokens], 8),
      tokenizerConfig(8),
    );
    const normalized = normalizer!.normalize(text);
    expect(splitWords(normalizeText(text))).toEqual(words!.pre_tokenize(normalized));
  };
  fc.assert(fc.property(fc.string({ unit: characters, maxLength: 40 }), check), { seed: 7, numRuns: 500 });
  fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), check), { seed: 8, numRuns: 500 });
});

test('says how large the vocabulary must be', () => {
  expect(() => trainWordPiece(small, { size: 16 })).toThrow(/no room for the 17 .* 6 different characters/);
  expect(() => trainWordPiece(small, { size: 30.5 })).toThrow(/no room/);
  expect(() => trainWordPiece(['', '   '], { size: 30 })).toThrow(/no words/);
});

test('words of more than 100 characters give no tokens but letters', () => {
  const long = 'ab'.repeat(60);
  expect(trainWordPiece([long, long, 'c'], { size: 100 })).toEqual([
    ...specialTokens,
    'a',
    'b',
    'c',
    '##a',
    '##b',
    '##c',
  ]);
});
