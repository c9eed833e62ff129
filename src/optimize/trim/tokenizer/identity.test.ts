import { Tokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { sharedOrSkip } from '../../../testing/shared.ts';
import { chooseTokens } from '../choose.ts';
import {
  bytesOfJson,
  deskTexts,
  gptFile,
  llamaFile,
  unigramFile,
  wordLevelFile,
  wordPieceFile,
} from '../testing/tokenizers.ts';
import { readTokenizerFile, rewriteTokenizerFile, type TokenizerFile } from './file.ts';

const texts = deskTexts.slice(0, 300);
const chosen = texts.slice(0, 30);
const gpt = gptFile(texts, 350);
const other = [
  'Ünïcödé straße 東京 🙂',
  'the quick brown fox, 12345!',
  '',
  ' ',
  'a  b\tc\n',
  "don't it's we'll",
  'zzzzqqqq',
];

const clinc = sharedOrSkip('the tokenizer of clinc150-bert', 'models', 'clinc150-bert', 'tokenizer.json');

const files: readonly (readonly [name: string, json: Record<string, unknown>])[] = [
  ['WordPiece', wordPieceFile(deskTexts)],
  ['byte-level BPE', gpt],
  ['byte-level BPE, merges as pairs', gptFile(texts.slice(0, 100), 250, true)],
  ['BPE with byte fallback', llamaFile(texts, 350)],
  ['Unigram', unigramFile(texts)],
  ['WordLevel', wordLevelFile(deskTexts)],
  ...(clinc === null
    ? []
    : [['WordPiece of 30,522 tokens', JSON.parse(readFileSync(clinc, 'utf8')) as Record<string, unknown>] as const]),
];

const read = (json: Record<string, unknown>): TokenizerFile => {
  const file = readTokenizerFile(bytesOfJson(json));
  if (typeof file === 'string') throw new Error(file);
  return file;
};

interface Both {
  readonly before: Tokenizer;
  readonly after: Tokenizer;
  readonly ids: ReadonlyMap<number, number>;
  readonly file: TokenizerFile;
  readonly vocabularySize: number;
}

/** Texts whose words the tokenizer knows. */
const known = ({ before, file }: Both, all: readonly string[]): readonly string[] =>
  all.filter((text) => file.model.unknown === null || !before.encode(text).ids.includes(file.model.unknown));

/** A tokenizer and what is left of it when only what some texts need stays. */
const trimmed = (json: Record<string, unknown>, wanted: readonly string[], keepCharacters: boolean): Both => {
  const file = read(json);
  const before = new Tokenizer(json, {});
  const counts = new Map<number, number>();
  for (const text of wanted)
    for (const id of before.encode(text).ids) if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1);
  const byId = new Map([...file.model.ids].map(([token, id]) => [id, token]));
  const rows = Math.max(...byId.keys(), ...file.added.keys()) + 1;
  const kept = chooseTokens(counts, file.named, { model: file.model, texts: byId }, rows, {
    coverage: 1,
    minimumCount: 1,
    size: 0,
    keepCharacters,
  });
  const ids = new Map(kept.map((id, at) => [id, at]));
  const after = JSON.parse(new TextDecoder().decode(rewriteTokenizerFile(file, ids))) as Record<string, unknown>;
  return { before, after: new Tokenizer(after, {}), ids, file, vocabularySize: byId.size };
};

/** Where every token of a text stays, its tokens are the same. Words that a WordPiece tokenizer did not know are no tokens. */
const expectSame = ({ before, after, ids, file }: Both, text: string): boolean => {
  const was = before.encode(text).ids;
  if (!was.every((id: number) => ids.has(id))) return false;
  if (file.model.kind === 'WordPiece' && was.includes(file.model.unknown!)) return false;
  expect(after.encode(text).ids, JSON.stringify(text)).toEqual(was.map((id: number) => ids.get(id)));
  return true;
};

describe.each(files)('%s', (_, json) => {
  const both = trimmed(json, chosen, true);

  test('texts of kept tokens get the same tokens', () => {
    expect(both.ids.size).toBeLessThan(both.vocabularySize);
    for (const text of known(both, chosen)) expect(expectSame(both, text)).toBe(true);
    expect([...texts.slice(80), ...other].filter((text) => expectSame(both, text)).length).toBeGreaterThan(3);
  });

  test('the same without the characters', () => {
    const bare = trimmed(json, chosen, false);
    expect(bare.ids.size).toBeLessThanOrEqual(both.ids.size);
    for (const text of texts) expectSame(bare, text);
    for (const text of known(bare, chosen)) expect(expectSame(bare, text)).toBe(true);
  });

  test('any text of kept tokens gets the same tokens', () => {
    const pieces = [...both.file.model.ids]
      .filter(([, id]) => both.ids.has(id))
      .map(([token]) => both.file.model.text(token));
    let same = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...pieces), fc.constantFrom('', ' ', ' ')), { maxLength: 8 }),
        (parts) => {
          if (expectSame(both, parts.flat().join(''))) same++;
        },
      ),
      { numRuns: 300, seed: 5 },
    );
    expect(same).toBeGreaterThan(30);
  });

  test('special tokens, template and padding have the new ids', () => {
    const { after, before, ids, file } = both;
    for (const [id, content] of file.added)
      expect(after.token_to_id(content)).toBe(ids.get(before.token_to_id(content)!) ?? id);
    const marked = [...file.added.values()].join(' a ');
    expectSame(both, marked);
    expect(after.encode('').ids).toEqual(before.encode('').ids.map((id: number) => ids.get(id)));
  });

  test('unseen words of seen characters are never unknown', () => {
    const { after, file } = both;
    if (file.model.kind === 'WordLevel') return;
    const unknown = file.model.unknown === null ? undefined : both.ids.get(file.model.unknown);
    for (const text of known(both, texts.slice(80))) expect(after.encode(text).ids).not.toContain(unknown ?? -1);
  });

  test('ids are compact and keep their order', () => {
    const { ids } = both;
    expect([...ids.values()]).toEqual(Array.from({ length: ids.size }, (__, at) => at));
    expect([...ids.keys()]).toEqual([...ids.keys()].toSorted((a, b) => a - b));
  });
});

test('a token of a word that is found whole stays without its merges', () => {
  const json = gpt;
  const model = json['model'] as { vocab: Record<string, number>; merges: string[] };
  const size = Object.keys(model.vocab).length;
  const whole = { ...json, model: { ...model, ignore_merges: true, vocab: { ...model.vocab, Zebra: size } } };
  const both = trimmed(whole, ['Zebra', 'a card'], true);
  expect(both.before.encode('Zebra').ids).toEqual([size]);
  expect(expectSame(both, 'Zebra')).toBe(true);
});

test('the score of unknown characters does not rise when the lowest pieces go', () => {
  const json = {
    ...unigramFile(texts, 10),
    model: {
      type: 'Unigram',
      unk_id: 3,
      vocab: [
        ['<s>', 0],
        ['<pad>', 0],
        ['</s>', 0],
        ['<unk>', 0],
        ['▁', -2],
        ['a', -3],
        ['b', -3],
        ['ab', -4],
        ['▁é', -30],
        ['rare', -50],
        ['<mask>', 0],
      ],
      byte_fallback: false,
    },
    added_tokens: [],
  };
  // With −50 as the lowest score é is −60 when unknown; without "rare" it would be −40.
  const both = trimmed(json, ['ab a b'], true);
  expect(both.file.model.always).toContain(9);
  for (const text of ['aéb', 'ab ab', 'é', 'éab']) expectSame(both, text);
});
