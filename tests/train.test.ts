import { existsSync } from 'node:fs';
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seeded } from '../src/statistics/index.ts';
import { root, steelyard } from './cli.ts';
import { contents, remove, temporary } from './tiny.ts';

let folder: string;
beforeAll(async () => {
  folder = await temporary();
  const random = seeded(1, 'texts');
  const nouns = ['order', 'parcel', 'bill', 'card', 'plan', 'phone'];
  const words = {
    cancel: ['stop', 'end', 'cancel'],
    status: ['where', 'when', 'status'],
    thanks: ['great', 'thanks', 'nice'],
  };
  const write = async (name: string, count: number, from: number): Promise<void> => {
    const lines = Array.from({ length: count }, (_, at) => {
      const label = Object.keys(words)[at % 3] as keyof typeof words;
      const one = words[label][random.integer(3)]!;
      return JSON.stringify({ text: `${one} ${nouns[random.integer(6)]!} ${from + at}`, label });
    });
    await writeFile(join(folder, name), `${lines.join('\n')}\n`);
  };
  await write('train.jsonl', 240, 1000);
  await write('validation.jsonl', 60, 4000);
  await write('test.jsonl', 60, 7000);
});
afterAll(() => remove(folder));

const training = (
  more: { settings?: string; architecture?: string; rest?: string; data?: string } = {},
): string => `name: tiny
${more.rest ?? ''}
${more.architecture ?? 'architecture: { layers: 1, width: 32, heads: 2, ffn: 32, positions: 16, vocabulary: { size: 120 } }'}
data: ${more.data ?? '{ columns: { text: text, label: label }, train: train.jsonl, validation: validation.jsonl, tests: { test: test.jsonl } }'}
settings: { epochs: 4, batch-size: 8, learning-rate: 5e-3, token-dropout: 0, ${more.settings ?? 'averaging: 0.9'} }
`;
const train = async (yaml: string, ...args: string[]) => {
  await writeFile(join(folder, 'training.yaml'), yaml);
  return steelyard(['train', 'training.yaml', ...args], { cwd: folder });
};

test('an encoder from scratch becomes a model folder that other commands read and train further', async () => {
  const made = await train(training(), '--out', 'whole');
  expect(made.err).toBe('');
  expect(made.code).toBe(0);
  expect(made.out).toMatch(/trained: [\d,]+ weights, 3 classes, 4 epochs \(all epochs done\)/);
  const share = Number(/test\s+([\d.]+) % right\s+of 60/.exec(made.out)?.[1]);
  expect(share).toBeGreaterThan(90);
  expect(Object.keys(await contents(join(folder, 'whole'))).toSorted()).toEqual([
    'README.md',
    'config.json',
    join('onnx', 'model.onnx'),
    'special_tokens_map.json',
    'steelyard.json',
    'tokenizer.json',
    'tokenizer_config.json',
  ]);
  expect(existsSync(join(folder, '.whole.training'))).toBe(false);
  // A file is in the way: said before anything is trained.
  expect(await train(training(), '--out', 'whole')).toMatchObject({
    code: 3,
    err: expect.stringContaining('(model/exists)'),
  });

  const further = await train(
    training({ architecture: 'model: whole', settings: 'freeze: { embeddings: true, blocks: 1 }' }),
    '--out',
    'further',
    '--json',
  );
  expect(further.err).toBe('');
  const result = JSON.parse(further.out) as { accuracy: Record<string, number>; labels: string[]; shape: unknown };
  expect(result.labels).toEqual(['cancel', 'status', 'thanks']);
  expect(result.accuracy['validation']).toBeGreaterThanOrEqual(0.9);
  const optimized = await steelyard(
    ['optimize', 'further', '-t', 'quantize/dynamic', '--inputs', 'test.jsonl', '--out', 'int8'],
    { cwd: folder },
  );
  expect(optimized.code).toBe(0);
}, 180_000);

test('with a byte-level vocabulary the folder has one, and its card says so', async () => {
  const architecture =
    'architecture: { layers: 1, width: 16, heads: 2, ffn: 16, positions: 24, vocabulary: { size: 300, kind: bpe } }';
  const made = await train(training({ architecture }).replace('epochs: 4', 'epochs: 1'), '--out', 'bytes');
  expect(made).toMatchObject({ code: 0, err: '' });
  const file = JSON.parse(await readFile(join(folder, 'bytes', 'tokenizer.json'), 'utf8')) as {
    model: { type: string; vocab: object };
  };
  expect(file.model.type).toBe('BPE');
  expect(Object.keys(file.model.vocab)).toHaveLength(300);
  expect(await readFile(join(folder, 'bytes', 'README.md'), 'utf8')).toContain('300 byte-level BPE tokens');
}, 60_000);

test('killed and resumed, it writes the same bytes', async () => {
  const yaml = training();
  await writeFile(join(folder, 'training.yaml'), yaml);
  const checkpoint = join(folder, '.killed.training', 'checkpoint', 'checkpoint.bin');
  const killed = await steelyard(['train', 'training.yaml', '--out', 'killed'], {
    cwd: folder,
    during: (kill) => {
      const timer = setInterval(() => {
        if (!existsSync(checkpoint)) return;
        clearInterval(timer);
        kill('SIGKILL');
      }, 5);
    },
  });
  expect(killed.signal).toBe('SIGKILL');
  expect(existsSync(join(folder, 'killed'))).toBe(false);
  expect(await train(yaml, '--out', 'killed')).toMatchObject({
    code: 3,
    err: expect.stringContaining('(engine/run-exists)'),
  });
  expect(await train(training({ settings: 'dropout: 0' }), '--out', 'killed', '--resume')).toMatchObject({
    code: 3,
    err: expect.stringContaining('(training/changed)'),
  });
  const resumed = await train(yaml, '--out', 'killed', '--resume');
  expect(resumed).toMatchObject({ code: 0, err: '' });
  expect(await contents(join(folder, 'killed'))).toEqual(await contents(join(folder, 'whole')));
  expect(await train(yaml, '--out', 'other', '--resume')).toMatchObject({
    code: 3,
    err: expect.stringContaining('(engine/no-run)'),
  });
}, 180_000);

test('Ctrl-C ends it cleanly and keeps the checkpoint', async () => {
  await writeFile(
    join(folder, 'training.yaml'),
    training({ settings: 'dropout: 0.1' }).replace('epochs: 4', 'epochs: 4000'),
  );
  const work = join(folder, '.stopped.training');
  const stopped = await steelyard(['train', 'training.yaml', '--out', 'stopped'], {
    cwd: folder,
    during: (kill) => {
      const timer = setInterval(() => {
        if (!existsSync(join(work, 'checkpoint', 'checkpoint.bin'))) return;
        clearInterval(timer);
        kill('SIGINT');
      }, 5);
    },
  });
  expect(stopped).toMatchObject({ code: 130, err: expect.stringContaining('(engine/cancelled)') });
  expect(await readdir(work)).toEqual(['checkpoint', 'training.json']);
  await rm(work, { recursive: true });
}, 120_000);

test.each<[string, string, string]>([
  [
    'training/architecture',
    'width 32 is not a multiple of 3 heads',
    training({ architecture: 'architecture: { layers: 1, width: 32, heads: 3 }' }),
  ],
  [
    'training/vocabulary',
    'has no room',
    training({ architecture: 'architecture: { layers: 1, width: 32, heads: 2, vocabulary: { size: 10 } }' }),
  ],
  ['training/data', 'fewer than a batch of 1000', training().replace('batch-size: 8', 'batch-size: 1000')],
  [
    'training/data',
    'only 3 of 4 classes occur',
    training({ rest: 'task: { labels: [cancel, other, status, thanks] }' }),
  ],
  [
    'task/labels',
    'labels that the model does not know: thanks',
    training({ rest: 'task: { labels: [cancel, status] }' }),
  ],
  ['training/budget', 'the first step alone took', training({ rest: 'budget: { minutes: 1e-7 }' })],
  [
    'training/config',
    'training.yaml:3:',
    training({ architecture: 'architecture: { layers: 0, width: 32, heads: 2 }' }),
  ],
  ['data/missing', 'nowhere.jsonl', training({ data: '{ train: nowhere.jsonl }' })],
])(
  '%s: %s',
  async (code, message, yaml) => {
    const result = await train(yaml, '--out', 'refused');
    expect(result.err).toContain(message);
    expect(result.err).toContain(`(${code})`);
    expect(result.code).toBe(3);
    expect(existsSync(join(folder, 'refused'))).toBe(false);
    expect(existsSync(join(folder, '.refused.training'))).toBe(false);
  },
  30_000,
);

test('the published schema is the one of the code, and the example follows it', async () => {
  const { trainJsonSchema, parseTraining } = await import('../src/engine/train/train-config.ts');
  const published = JSON.parse(await readFile(join(root, 'schema/training.schema.json'), 'utf8')) as object;
  expect(published).toEqual(JSON.parse(JSON.stringify(trainJsonSchema())));
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  const { parse } = await import('yaml');
  const validate = new Ajv2020({ strict: false }).compile(published);
  const text = await readFile(join(root, 'examples/support-desk/train.yaml'), 'utf8');
  expect(validate(parse(text)), JSON.stringify(validate.errors)).toBe(true);
  expect(parseTraining('train.yaml', text).seed).toBe(20260);
});
