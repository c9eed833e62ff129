import { Tokenizer } from '@huggingface/tokenizers';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import type { Context, LearningRows, Model } from '../../contracts/index.ts';
import { checkModel, decodeFile, encode } from '../../model/onnx/index.ts';
import { sharedOrSkip } from '../../testing/shared.ts';
import { context } from '../testing/quantized.ts';
import { tokenFeeds } from '../testing/token-feeds.ts';
import { jsonOf } from './testing/world.ts';
import { positions } from './positions.ts';
import { vocabulary } from './vocabulary.ts';

const folder = sharedOrSkip('trimming of clinc150-bert', 'models', 'clinc150-bert');
const data = sharedOrSkip('trimming of clinc150-bert', 'data', 'clinc150', 'data_full.json');

const read = async (path: string): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;

const rowsOf = (rows: readonly (readonly number[])[]): LearningRows => ({
  count: rows.length,
  label: () => 0,
  length: (row) => rows[row]!.length,
  tokens: (row) => rows[row]!,
  feeds: (chosen) => tokenFeeds(chosen.map((row) => rows[row]!)),
});

/** All scores, texts sorted into batches by length so that padding is the same on both sides. */
const scores = async (
  given: Context,
  subject: Model,
  rows: readonly (readonly number[])[],
): Promise<Float32Array[]> => {
  const session = await given.open(subject);
  const found: Float32Array[] = [];
  try {
    for (let from = 0; from < rows.length; from += 50) {
      const { outputs } = await session.run(tokenFeeds(rows.slice(from, from + 50)));
      const value = Object.values(outputs)[0]!;
      const size = value.dims[1]!;
      for (let row = 0; row < value.dims[0]!; row++)
        found.push((value.data as Float32Array).slice(row * size, (row + 1) * size));
    }
  } finally {
    await session.close();
  }
  return found;
};

const best = (row: Float32Array): number => row.reduce((top, value, at) => (value > row[top]! ? at : top), 0);

test.skipIf(folder === null || data === null)('clinc150: kept texts have the same tokens and scores', async () => {
  const json = await read(join(folder!, 'tokenizer.json'));
  const splits = (await read(data!)) as Record<string, [string, string][]>;
  const config = (await read(join(folder!, 'config.json'))) as { label2id: Record<string, number> };
  const before = new Tokenizer(json, {});
  const encodeAll = (tokenizer: Tokenizer, texts: readonly string[]) =>
    texts.map((text) => tokenizer.encode(text).ids.slice(0, 64));
  const texts = (name: string): string[] => [...splits[name]!, ...splits[`oos_${name}`]!].map(([text]) => text);
  const thirds = <T>(all: readonly T[]): T[] => all.filter((_, at) => at % 3 === 0);
  const train = rowsOf(encodeAll(before, texts('train')));
  const given: Context = {
    ...(await context()),
    learning: {
      train,
      validation: rowsOf(encodeAll(before, texts('val'))),
      labels: Object.keys(config.label2id),
      output: 'logits',
      text: null,
      digest: '',
    },
    companion: async (name) => readFile(join(folder!, name)).catch(() => null),
  };
  const occurring = texts('train').flatMap((text) => before.encode(text).tokens);
  const model = await decodeFile(join(folder!, 'onnx', 'model.onnx'));
  const test = thirds(splits['test']!).map(([text]) => text);
  const was = await scores(given, model, encodeAll(before, test));
  const labels = thirds(splits['test']!).map(([, label]) => config.label2id[label]!);
  const right = (all: readonly Float32Array[]) => all.filter((row, at) => best(row) === labels[at]).length / all.length;
  const sizeOf = async (subject: Model) => (await encode(subject)).length;
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  say(`original: ${await sizeOf(model)} bytes, ${right(was)} right`);

  for (const raw of [
    {},
    { keepCharacters: false },
    { coverage: 0.99 },
    { coverage: 0.95 },
    { form: 'remap' },
    { size: 2000 },
  ]) {
    const {
      model: after,
      companions,
      changes,
      skipped,
    } = await vocabulary.apply(model, parseOptions(vocabulary.id, vocabulary.options, raw), given);
    expect([skipped, checkModel(after)]).toEqual([[], []]);
    const after1 = companions === undefined ? before : new Tokenizer(jsonOf(companions, 'tokenizer.json'), {});
    const now = await scores(given, after, encodeAll(after1, test));
    const tokens = changes[0]!.what;
    // A map leaves the tokenizer alone: what occurs is what stays.
    const kept = new Set(companions === undefined ? occurring : after1.get_vocab().keys());
    let [same, worst, differ] = [0, 0, 0];
    for (const [at, text] of test.entries()) {
      const old = before.encode(text).tokens;
      if (!old.every((one: string) => kept.has(one)) || old.includes('[UNK]')) {
        if (best(now[at]!) !== best(was[at]!)) differ++;
        continue;
      }
      same++;
      expect(after1.encode(text).tokens).toEqual(old);
      for (const [place, value] of now[at]!.entries()) worst = Math.max(worst, Math.abs(value - was[at]![place]!));
    }
    expect(worst).toBeLessThan(1e-4);
    say(
      `${JSON.stringify(raw)}: ${tokens}; ${await sizeOf(after)} bytes; ${right(now)} right; ${same} of ${test.length} texts kept whole, worst difference ${worst}; ${differ} other answers among the rest`,
    );
    for (const { what } of changes.slice(1)) say(`  ${what}`);
  }

  const { model: short, changes } = await positions.apply(model, { length: 0 }, given);
  const cut = await scores(given, short, encodeAll(before, test));
  expect(cut).toEqual(was);
  say(`positions: ${changes.map(({ what }) => what).join()}; ${await sizeOf(short)} bytes`);
});
