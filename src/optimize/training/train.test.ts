import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { readTensorSync } from '../../model/tensor/index.ts';
import { toySettings, trainToy } from './testing/toy.ts';
import type { TrainResult } from './train.ts';

const folder = async (): Promise<string> => {
  const made = await mkdtemp(join(tmpdir(), 'steelyard-train-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
};
const bytes = ({ weights }: TrainResult): Record<string, Uint8Array> =>
  Object.fromEntries([...weights].map(([name, one]) => [name, readTensorSync(one)]));
let undisturbed: Promise<TrainResult> | null = null;
const whole = async (): Promise<TrainResult> => (undisturbed ??= trainToy(await folder()));

test('a tiny encoder learns to find a token', async () => {
  const result = await whole();
  expect(result.validationAccuracy).toBeGreaterThan(0.95);
  expect(result.history[0]!.loss).toBeGreaterThan(result.history.at(-1)!.loss);
  expect(result.bestEpoch).toBe(1 + result.history.findIndex(({ score }) => score === result.validationAccuracy));
});

test('the same seed gives the same weights, killed in the middle of an epoch or not', async () => {
  const work = await folder();
  const checkpointFolder = join(work, 'checkpoint');
  const compiled = resolve(import.meta.dirname, '../../../dist/src/optimize/training/testing/toy.js');
  const code = `import(${JSON.stringify(pathToFileURL(compiled).href)}).then(({ trainToy }) =>
    trainToy(${JSON.stringify(work)}, { checkpointFolder: ${JSON.stringify(checkpointFolder)}, onEpoch: ({ epoch }) => console.log(epoch) }))`;
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  const killed = new Promise<NodeJS.Signals | null>((done) => child.once('exit', (_, signal) => done(signal)));
  child.stdout.on('data', (text: Buffer) => {
    // Into the third epoch.
    if (text.toString().includes('2')) setTimeout(() => child.kill('SIGKILL'), 30);
  });
  expect(await killed).toBe('SIGKILL');
  expect(existsSync(join(checkpointFolder, 'checkpoint.bin'))).toBe(true);
  const epochs: number[] = [];
  const result = await trainToy(work, { checkpointFolder, onEpoch: ({ epoch }) => epochs.push(epoch) });
  expect(epochs[0]).toBeGreaterThan(2);
  expect(bytes(result)).toEqual(bytes(await whole()));
  // Nothing is left to do: the same result again, at once.
  const again: number[] = [];
  expect(bytes(await trainToy(work, { checkpointFolder, onEpoch: ({ epoch }) => again.push(epoch) }))).toEqual(
    bytes(result),
  );
  expect(again).toEqual([]);
});

test('stops when validation gets no better', async () => {
  const { history, bestEpoch } = await trainToy(await folder(), { learningRate: 1e-9, patience: 1, epochs: 6 });
  expect(history.length).toBeLessThan(6);
  expect(history.length - bestEpoch).toBe(2);
});

test('a loss that is no number ends with a code and keeps the last good checkpoint', async () => {
  const work = await folder();
  const checkpointFolder = join(work, 'checkpoint');
  const epochs: number[] = [];
  // The rate grows until the weights burst, somewhere after the first epoch.
  const burst = (): Promise<TrainResult> =>
    trainToy(work, {
      checkpointFolder,
      learningRate: 2000,
      warmUp: 1,
      clip: 1e30,
      onEpoch: ({ epoch }) => epochs.push(epoch),
    });
  await expect(burst()).rejects.toMatchObject({ code: 'training/not-finite' });
  const last = epochs.at(-1);
  expect(last).toBeGreaterThan(0);
  // It goes on from there, and ends the same way.
  await expect(burst()).rejects.toMatchObject({ code: 'training/not-finite' });
  expect(epochs.at(-1)).toBe(last);
});

test('stops when it is cancelled', async () => {
  const aborter = new AbortController();
  const work = await folder();
  const stopped = trainToy(work, { epochs: 500, onEpoch: () => aborter.abort() }, aborter.signal);
  await expect(stopped).rejects.toMatchObject({ code: expect.stringMatching(/^engine\/cancelled$|^runtime\/closed$/) });
});

test.each([
  ['training/data', 'a label index is 2', { train: [...toySettings.train, { ids: [2, 3], label: 2 }] }],
  ['training/data', 'has 13 tokens', { validation: [{ ids: Array.from({ length: 13 }, () => 2), label: 0 }] }],
  ['training/data', 'a token is not from 0 to 15', { validation: [{ ids: [16], label: 0 }] }],
  ['training/data', 'fewer than a batch', { train: toySettings.train.slice(0, 3) }],
  ['training/data', 'only 1 of 2 classes', { train: toySettings.train.filter(({ label }) => label < 1) }],
  ['training/data', 'no validation examples', { validation: [] }],
  ['training/settings', '0 epochs', { epochs: 0 }],
])('%s: %s', async (code, message, changes) => {
  const wrong = trainToy(tmpdir(), changes);
  await expect(wrong).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
});
