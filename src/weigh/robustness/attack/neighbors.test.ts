import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bagGradients } from './testing/bag.ts';
import { embeddingNeighbors, inCasing, parseNeighbors, readNeighbors } from './neighbors.ts';

test('a replacement takes the casing of its word', () => {
  expect([inCasing('good', 'fine'), inCasing('Good', 'fine'), inCasing('GOOD', 'fine'), inCasing('I', 'me')]).toEqual([
    'fine',
    'Fine',
    'FINE',
    'Me',
  ]);
});

test('a file gives neighbors for words in any casing', () => {
  const near = parseNeighbors('n.json', '{"good": ["fine", "good", "decent"], "US": ["States"]}');
  expect(near('Good')).toEqual(['Fine', 'Decent']);
  expect(near('US')).toEqual(['STATES']);
  expect(near('bad')).toEqual([]);
});

test.each([
  ['{', 'no valid JSON'],
  ['[]', 'no object'],
  ['null', 'no object'],
  ['{}', 'names no word'],
  ['{"a": "b"}', '"a"'],
  ['{"a": [""]}', '"a"'],
  ['{"a": [1]}', '"a"'],
])('refuses a file with %s', (text, reason) => {
  expect(() => parseNeighbors('n.json', text)).toThrow(
    expect.objectContaining({ code: 'robustness/neighbors', message: expect.stringContaining(reason) as string }),
  );
});

test('reads a file from disk, and says when it is not there', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'steelyard-neighbors-'));
  try {
    await writeFile(join(folder, 'n.json'), '{"good": ["fine"]}');
    expect((await readNeighbors(join(folder, 'n.json')))('good')).toEqual(['fine']);
    await expect(readNeighbors(join(folder, 'missing.json'))).rejects.toMatchObject({ code: 'robustness/neighbors' });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('embeddings give the nearest by cosine, never below the least, never the word itself', async () => {
  // Each word is (weight, 1): the cosine is that of the angles.
  const words = bagGradients(['good', 'fine', 'okay', 'bad'], { good: 1, fine: 0.9, okay: 0, bad: -1 });
  const near = (least: number, most: number) => embeddingNeighbors(['Good', 'unheard'], words, least, most);
  expect((await near(0.7, 10))('good')).toEqual(['fine', 'okay']);
  expect((await near(0.7, 1))('Good')).toEqual(['Fine']);
  expect((await near(0.9999, 10))('good')).toEqual([]);
  expect((await near(0, 10))('unheard')).toEqual([]);
  // Nobody asked for the neighbors of this one.
  expect((await near(0, 10))('okay')).toEqual([]);
});

test('many words are looked up in parts', async () => {
  const vocabulary = Array.from({ length: 70 }, (_, at) => `word${at}`);
  const words = bagGradients(vocabulary, Object.fromEntries(vocabulary.map((word, at) => [word, at / 10])));
  const near = await embeddingNeighbors(vocabulary, words, 0, 1);
  expect(near('word0')).toEqual(['word1']);
  expect(near('word69')).toEqual(['word68']);
});
