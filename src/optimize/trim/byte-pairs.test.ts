import { Tokenizer } from '@huggingface/tokenizers';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import type { Context, Model } from '../../contracts/index.ts';
import { checkModel } from '../../model/onnx/index.ts';
import { sharedOrSkip } from '../../testing/shared.ts';
import { model } from '../testing/quantized.ts';
import { bytePairConfig, bytePairJson, trainBytePairs } from '../training/index.ts';
import { idsFeed, jsonOf, learningOf, world } from './testing/world.ts';
import { vocabulary } from './vocabulary.ts';

const wiki = sharedOrSkip('trimming of a byte-level tokenizer', 'data', 'wikitext-2', 'valid.txt');
const clinc = sharedOrSkip('trimming of a byte-level tokenizer', 'data', 'clinc150', 'data_full.json');

const logitsOf = async (
  given: Context,
  subject: Model,
  rows: readonly (readonly number[])[],
): Promise<Float32Array[]> => {
  const session = await given.open(subject);
  try {
    const found: Float32Array[] = [];
    for (const row of rows) found.push((await session.run(idsFeed([row]))).outputs['y']!.data as Float32Array);
    return found;
  } finally {
    await session.close();
  }
};

test.skipIf(wiki === null || clinc === null)(
  'GPT-style BPE of an encyclopedia, cut to the requests of an assistant: the same tokens and logits on every text whose tokens stay',
  async () => {
    const lines = (await readFile(wiki!, 'utf8')).split('\n').slice(0, 700);
    const pairs = trainBytePairs(lines, { size: 2000 });
    const json = bytePairJson(pairs, 128);
    const before = new Tokenizer(json, bytePairConfig(128));
    const splits = JSON.parse(await readFile(clinc!, 'utf8')) as Record<'train' | 'val' | 'test', [string, string][]>;
    const some = (name: 'train' | 'val' | 'test', every: number): string[] =>
      splits[name].filter((_, at) => at % every === 0).map(([text]) => text);
    const encode = (tokenizer: Tokenizer, texts: readonly string[]) => texts.map((text) => tokenizer.encode(text).ids);
    const [train, held] = [some('train', 12), some('test', 20)];
    const size = pairs.tokens.length;
    const subject = model(`ids: int64[B, S]; t = float32[${size}, 8]{...}; w = float32[8, 3]{...}
      e = Gather(t, ids); h = Tanh(e); m = ReduceMean(h) {axes: [1], keepdims: 0}; y = MatMul(m, w); -> y: float32[B, 3]`);
    const given = await world({
      learning: learningOf(encode(before, train), encode(before, some('val', 30)), 'ids'),
      files: {
        'tokenizer.json': json,
        'tokenizer_config.json': bytePairConfig(128),
        'config.json': { vocab_size: size },
      },
    });
    const options = parseOptions(vocabulary.id, vocabulary.options, {});
    const { model: after, companions, skipped } = await vocabulary.apply(subject, options, given);
    expect([skipped, checkModel(after)]).toEqual([[], []]);
    const next = new Tokenizer(jsonOf(companions, 'tokenizer.json'), bytePairConfig(128));
    const kept = new Set(next.get_vocab().keys());
    expect(kept.size).toBeLessThan(0.7 * size);
    expect(jsonOf(companions, 'config.json')['vocab_size']).toBe(kept.size);

    // What chose the tokens is read as before, and so is every other text of kept tokens; more than half of those never seen are.
    const texts = [...train.slice(0, 100), ...held].filter((text) =>
      before.encode(text).tokens.every((token: string) => kept.has(token)),
    );
    expect(texts.slice(0, 100)).toEqual(train.slice(0, 100));
    expect(texts.length - 100).toBeGreaterThan(held.length / 2);
    for (const text of texts) {
      const { tokens, ids } = next.encode(text);
      expect(tokens).toEqual(before.encode(text).tokens);
      expect(ids.map((id: number) => next.id_to_token(id))).toEqual(tokens);
    }
    const was = await logitsOf(given, subject, encode(before, texts));
    const now = await logitsOf(given, after, encode(next, texts));
    // The same rows of the table in the same arithmetic: the same bits.
    expect(now).toEqual(was);
    // Nothing is unknown afterwards either: bytes stay where characters of their script occur.
    const unknown = encode(next, held)
      .flat()
      .filter((id) => id === next.token_to_id('[UNK]')).length;
    expect(unknown).toBe(0);
  },
);
