import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onTestFinished, expect, test } from 'vitest';
import { optimizeModel } from './optimize.ts';

const example = resolve('examples/support-desk');

test('training that was interrupted goes on from its checkpoint to the same bytes, and leaves nothing behind', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'steelyard-optimize-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const rows = (await readFile(join(example, 'data/train.jsonl'), 'utf8')).split('\n').slice(0, 64);
  await writeFile(join(folder, 'train.jsonl'), `${rows.join('\n')}\n`);
  const student = { layers: 1, width: 32, heads: 2, ffn: 32, epochs: 2, minutes: 10, threads: 1 };
  const optimize = (out: string, signal: AbortSignal, watch: () => void = () => undefined) =>
    optimizeModel({
      model: join(example, 'model'),
      steps: [{ technique: 'distill/student', options: student }],
      train: 'train.jsonl',
      textColumn: 'text',
      labelColumn: 'intent',
      out: join(folder, out),
      seed: 3,
      base: folder,
      signal,
      progress: watch,
    });
  const model = async (out: string): Promise<Buffer> => {
    const files = await readdir(join(folder, out, 'onnx'));
    return readFile(join(folder, out, 'onnx', files[0]!));
  };
  await optimize('whole', new AbortController().signal);
  const stop = new AbortController();
  const checkpoints = join(folder, 'halved.unfinished');
  const halved = optimize('halved', stop.signal, () => {
    if (existsSync(checkpoints)) stop.abort();
  });
  await expect(halved).rejects.toThrow();
  expect(existsSync(checkpoints)).toBe(true);
  expect(existsSync(join(folder, 'halved'))).toBe(false);
  await optimize('halved', new AbortController().signal);
  expect(existsSync(checkpoints)).toBe(false);
  expect((await model('halved')).equals(await model('whole'))).toBe(true);
});

test('training is kept when a later step refuses: without that step, the same command goes on from it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'steelyard-optimize-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const rows = (await readFile(join(example, 'data/train.jsonl'), 'utf8')).split('\n').slice(0, 64);
  await writeFile(join(folder, 'train.jsonl'), `${rows.join('\n')}\n`);
  const student = { layers: 1, width: 32, heads: 2, ffn: 32, epochs: 2, minutes: 10, threads: 1 };
  const trained: string[] = [];
  const optimize = (...later: string[]) =>
    optimizeModel({
      model: join(example, 'model'),
      steps: [
        { technique: 'distill/student', options: student },
        ...later.map((technique) => ({ technique, options: {} })),
      ],
      train: 'train.jsonl',
      textColumn: 'text',
      labelColumn: 'intent',
      out: join(folder, 'out'),
      seed: 3,
      base: folder,
      signal: new AbortController().signal,
      progress: ({ label }) => void (label.startsWith('training') && trained.push(label)),
    });
  const refused = await optimize('fuse/conv-batch-normalization');
  expect(refused).toMatchObject({ written: null, outcome: { kind: 'refused' } });
  expect(refused.unfinished).toBe(join(folder, 'out.unfinished'));
  expect(existsSync(refused.unfinished!)).toBe(true);
  expect(trained.length).toBeGreaterThan(0);
  trained.length = 0;
  expect(await optimize()).toMatchObject({ outcome: { kind: 'built' }, unfinished: null });
  expect(trained).toEqual([]);
  expect(existsSync(join(folder, 'out.unfinished'))).toBe(false);
});
