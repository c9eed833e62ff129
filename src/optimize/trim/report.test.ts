import { expect, test } from 'vitest';
import { lossOf, lossText, sizeText, tokenText } from './report.ts';
import { bytesOfJson, wordPieceFile } from './testing/tokenizers.ts';
import { readTokenizerFile, type TokenizerFile } from './tokenizer/file.ts';

test('sizes in the units of a person', () => {
  expect([31_254_528, 4_096, 12].map(sizeText)).toEqual(['31.3 MB', '4.1 kB', '12 bytes']);
});

const counts = new Map([
  [0, 100],
  [1, 60],
  [2, 30],
  [3, 6],
  [4, 4],
]);
const loss = lossOf(
  counts,
  new Set([0, 1]),
  new Set([0]),
  (id) => id !== 4,
  (id) => `t${id}`,
);

test('counts occurrences that split and that are unknown, unknown ones first among the examples', () => {
  expect(loss).toEqual({ total: 100, split: 36, unknown: 4, examples: ['t4', 't2', 't3'] });
});

test('says it in a sentence', () => {
  expect(lossText(loss, 'the data', true)).toBe(
    'of the 100 tokens of the data, 36 % split into smaller kept ones, 4.0 % become unknown, for example "t4", "t2", "t3"',
  );
  expect(lossText(loss, 'the data', false)).toBe(
    'of the 100 tokens of the data, 40 % are read as unknown, for example "t4", "t2", "t3"',
  );
  expect(lossText({ total: 1200, split: 0, unknown: 0, examples: [] }, 'the data', true)).toBe(
    'nothing in the data changes: all of its 1,200 tokens stay',
  );
});

test('tokens are shown as text where there is one', () => {
  const file = readTokenizerFile(bytesOfJson(wordPieceFile(['my cards', 'my cards']))) as TokenizerFile;
  const text = tokenText(file, new Map([[7, '##s']]));
  expect([text(7), text(8)]).toEqual(['s', 'id 8']);
  expect(tokenText(null, new Map())(3)).toBe('id 3');
});
