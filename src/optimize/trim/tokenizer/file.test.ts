import { expect, test } from 'vitest';
import { bytesOfJson, gptFile, llamaFile, unigramFile, wordLevelFile, wordPieceFile } from '../testing/tokenizers.ts';
import { readTokenizerFile, rewriteTokenizerFile, type TokenizerFile } from './file.ts';

const texts = ['my card is lost', 'where is my card?', 'my parcel'];
const read = (json: unknown): TokenizerFile | string => readTokenizerFile(bytesOfJson(json));

test.each([
  ['WordPiece', wordPieceFile(texts)],
  ['BPE', gptFile(texts, 5)],
  ['BPE', llamaFile(texts, 5)],
  ['Unigram', unigramFile(texts, 20)],
  ['WordLevel', wordLevelFile(texts)],
])('reads %s, also without its type, and keeping all changes nothing', (kind, json) => {
  const file = read(json) as TokenizerFile;
  expect(file.model.kind).toBe(kind);
  const { type: _, ...untyped } = json['model'] as Record<string, unknown>;
  expect((read({ ...json, model: untyped }) as TokenizerFile).model.kind).toBe(kind);
  const all = new Map([...file.model.ids.values()].map((id) => [id, id]));
  expect(new TextDecoder().decode(rewriteTokenizerFile(file, all))).toBe(`${JSON.stringify(json, null, 2)}\n`);
});

test('added tokens, template and padding are named', () => {
  const { named, added } = read(unigramFile(texts, 20)) as TokenizerFile;
  expect([...added.keys()].slice(0, 4)).toEqual([0, 1, 2, 3]);
  for (const id of [0, 1, 2, 3]) expect(named.has(id)).toBe(true);
});

test('says what is wrong', () => {
  const json = wordPieceFile(texts);
  expect(readTokenizerFile(new TextEncoder().encode('{'))).toMatch(/no JSON/);
  expect(read({ ...json, model: { type: 'Other', vocab: {} } })).toMatch(/kind that is not known, "Other"/);
  expect(read({ ...json, post_processor: { type: 'New' } })).toMatch(/post-processor is not understood, "New"/);
  expect(read({ ...json, added_tokens: [{ id: 'x' }] })).toMatch(/no id/);
  expect(read({ ...json, added_tokens: [{ id: 1, content: '[PAD]' }] })).toMatch(/another id/);
  expect(read(null)).toMatch(/no list/);
});
