import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { sharedOrSkip } from '../../testing/shared.ts';
import { makeTokenizer, readTokenizer } from './tokenizer.ts';

interface Case {
  readonly text: string;
  readonly pair?: string;
  readonly maxLength?: number;
  readonly ids: number[];
  readonly types?: number[];
}
interface Small {
  readonly tokenizer: unknown;
  readonly cases: readonly Case[];
}

const fixture = async (name: string): Promise<unknown> =>
  JSON.parse(await readFile(join(dirname(fileURLToPath(import.meta.url)), 'fixtures', name), 'utf8'));

const bert = sharedOrSkip('golden tokenization', 'models', 'clinc150-bert');

test.skipIf(bert === null)(
  'gives the ids of the reference tokenizer on 53 tricky strings, pairs and cuts',
  async () => {
    const golden = (await fixture('bert-golden.json')) as { single: Case[]; pairs: Case[]; cut: Case[] };
    const tokenizer = await readTokenizer(join(bert!, 'tokenizer.json'), join(bert!, 'tokenizer_config.json'), 0);
    for (const { text, ids } of golden.single)
      expect(tokenizer.encode(text, undefined, 100_000).ids, text).toEqual(ids);
    for (const { text, pair, maxLength, ids, types } of golden.pairs) {
      const encoded = tokenizer.encode(text, pair, maxLength!);
      expect({ ids: encoded.ids, types: encoded.types }, `${text} | ${pair} @ ${maxLength}`).toEqual({ ids, types });
    }
    for (const { text, maxLength, ids } of golden.cut)
      expect(tokenizer.encode(text, undefined, maxLength!).ids).toEqual(ids);
    expect(golden.single.length).toBeGreaterThan(40);
  },
);

test.each(['wordPiece', 'byteLevel'] as const)(
  '%s: ids, types, pairs and truncation as the reference tokenizer',
  async (kind) => {
    const { tokenizer: json, cases } = ((await fixture('small-golden.json')) as Record<string, Small>)[kind]!;
    const tokenizer = makeTokenizer(json, {}, 'test', null);
    for (const { text, pair, maxLength, ids, types } of cases) {
      const encoded = tokenizer.encode(text, pair, maxLength!);
      expect({ ids: encoded.ids, types: encoded.types }, `${text} | ${pair} @ ${maxLength}`).toEqual({ ids, types });
      expect(encoded.ids.length).toBeLessThanOrEqual(maxLength!);
    }
  },
);

test('says when a text was cut, and cuts on the stated side', async () => {
  const { tokenizer: json } = ((await fixture('small-golden.json')) as Record<string, Small>)['wordPiece']!;
  const right = makeTokenizer(json, {}, 'test', null);
  const left = makeTokenizer(json, { truncation_side: 'left' }, 'test', null);
  expect(right.encode('where is my order', undefined, 6)).toMatchObject({ truncated: false });
  const [whole, cutRight, cutLeft] = [
    right.encode('where is my order', undefined, 9).ids,
    right.encode('where is my order', undefined, 4),
    left.encode('where is my order', undefined, 4),
  ];
  expect(cutRight).toMatchObject({ truncated: true, ids: [whole[0], whole[1], whole[2], whole.at(-1)] });
  expect(cutLeft).toMatchObject({ truncated: true, ids: [whole[0], whole.at(-3), whole.at(-2), whole.at(-1)] });
});

test('reads padding and the maximum length, and ignores the customary huge maximum', async () => {
  const { tokenizer: json } = ((await fixture('small-golden.json')) as Record<string, Small>)['wordPiece']!;
  const config = { pad_token: { content: '[MASK]' }, padding_side: 'left', model_max_length: 1e30 };
  expect(makeTokenizer(json, config, 'test', null)).toMatchObject({ padId: 4, padLeft: true, modelMaxLength: null });
  expect(makeTokenizer(json, { model_max_length: 128 }, 'test', 7)).toMatchObject({ padId: 7, modelMaxLength: 128 });
});

test('refuses what it cannot read, with a code', async () => {
  expect(() => makeTokenizer({ model: { type: 'Nonsense' } }, {}, 'test', null)).toThrowError(
    expect.objectContaining({ code: 'task/tokenizer' }),
  );
  const { tokenizer: json } = ((await fixture('small-golden.json')) as Record<string, Small>)['wordPiece']!;
  expect(() => makeTokenizer(json, {}, 'test', null).encode('a', 'b', 4)).toThrowError(/no room/);
  await expect(readTokenizer('nowhere/tokenizer.json', null, null)).rejects.toMatchObject({ code: 'task/tokenizer' });
});
