import { Tokenizer } from '@huggingface/tokenizers';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { trainBytePairs } from './byte-pairs.ts';
import { tokenizerConfig, tokenizerJson, writeTokenizer } from './vocabulary-files.ts';
import { specialTokens } from './vocabulary.ts';

const vocab = [...specialTokens, 'my', 'card', '?', 'refund', '##s'];

test('a text gets [CLS] and [SEP], a pair gets type ids', () => {
  const tokenizer = new Tokenizer(tokenizerJson(vocab, 32), tokenizerConfig(32));
  expect(tokenizer.encode('My refunds')).toMatchObject({ ids: [2, 5, 8, 9, 3], attention_mask: [1, 1, 1, 1, 1] });
  expect(tokenizer.encode('my card', { text_pair: 'Refund?', return_token_type_ids: true })).toMatchObject({
    tokens: ['[CLS]', 'my', 'card', '[SEP]', 'refund', '?', '[SEP]'],
    token_type_ids: [0, 0, 0, 0, 1, 1, 1],
  });
});

test('special tokens in a text are special, unknown words are [UNK]', () => {
  const tokenizer = new Tokenizer(tokenizerJson(vocab, 32), tokenizerConfig(32));
  expect(tokenizer.encode('my [MASK] parcel').ids).toEqual([2, 5, 4, 1, 3]);
});

test('writes three files that load again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'steelyard-vocabulary-'));
  try {
    await writeTokenizer(join(folder, 'model'), vocab, { maxLength: 48 });
    const names = (await readdir(join(folder, 'model'))).toSorted();
    expect(names).toEqual(['special_tokens_map.json', 'tokenizer.json', 'tokenizer_config.json']);
    const read = async (name: string): Promise<Record<string, unknown>> =>
      JSON.parse(await readFile(join(folder, 'model', name), 'utf8')) as Record<string, unknown>;
    const config = await read('tokenizer_config.json');
    expect(config).toMatchObject({ model_max_length: 48, tokenizer_class: 'BertTokenizer', do_lower_case: true });
    expect(await read('tokenizer.json')).toMatchObject({ truncation: { max_length: 48 } });
    expect(await read('special_tokens_map.json')).toMatchObject({ cls_token: '[CLS]', pad_token: '[PAD]' });
    expect(new Tokenizer(await read('tokenizer.json'), config).encode('Card').ids).toEqual([2, 6, 3]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('byte pairs are written with their merges', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'steelyard-vocabulary-'));
  try {
    const pairs = trainBytePairs(['card card cards'], { size: 300 });
    await writeTokenizer(folder, pairs, { maxLength: 48 });
    const read = async (name: string): Promise<Record<string, unknown>> =>
      JSON.parse(await readFile(join(folder, name), 'utf8')) as Record<string, unknown>;
    const config = await read('tokenizer_config.json');
    expect(config).toMatchObject({ tokenizer_class: 'PreTrainedTokenizerFast', model_max_length: 48 });
    expect(new Tokenizer(await read('tokenizer.json'), config).encode('cards').tokens).toEqual([
      '[CLS]',
      'Ġcard',
      's',
      '[SEP]',
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('refuses a vocabulary that cannot work', () => {
  expect(() => tokenizerJson(vocab.slice(1), 32)).toThrow(/no \[PAD\]/);
  expect(() => tokenizerJson([...vocab, 'my'], 32)).toThrow(/twice/);
  expect(() => tokenizerJson(vocab, 2)).toThrow(/no room/);
});
