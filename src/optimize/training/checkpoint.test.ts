import { mkdtemp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadCheckpoint, saveCheckpoint, type Checkpoint } from './checkpoint.ts';

const folder = async (): Promise<string> => {
  const made = await mkdtemp(join(tmpdir(), 'steelyard-checkpoint-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
};
const checkpoint: Checkpoint = {
  epoch: 2,
  sums: { lessons: 3, examples: 24, tokens: 100, loss: 4.5, reported: [12], seconds: 0.25 },
  steps: 40,
  plannedSteps: 100,
  paced: true,
  seconds: 7.5,
  cut: false,
  bestEpoch: 1,
  bestScore: 0.75,
  history: [
    {
      epoch: 1,
      loss: 1.5,
      reported: { accuracy: 0.5 },
      score: 0.75,
      learningRate: 0.001,
      seconds: 2,
      examplesPerSecond: 10,
      tokensPerSecond: 100,
    },
  ],
  state: new Map([
    ['w', Float32Array.of(1, -0, 3.25)],
    ['w/first', new Float32Array(0)],
  ]),
  best: new Map([['w', Float32Array.of(0.1)]]),
};

test('comes back bit for bit, and leaves no draft', async () => {
  const at = await folder();
  await saveCheckpoint(at, 'key', { ...checkpoint, epoch: 1 });
  await saveCheckpoint(at, 'key', checkpoint);
  expect(await loadCheckpoint(at, 'key')).toEqual(checkpoint);
  expect(await readdir(at)).toEqual(['checkpoint.bin']);
});

test('another run’s checkpoint is not taken, and none is null', async () => {
  const at = await folder();
  expect(await loadCheckpoint(at, 'key')).toBeNull();
  await saveCheckpoint(at, 'key', checkpoint);
  expect(await loadCheckpoint(at, 'other')).toBeNull();
});

test('any damage is seen', async () => {
  const at = await folder();
  const path = join(at, 'checkpoint.bin');
  await saveCheckpoint(at, 'key', checkpoint);
  const whole = await readFile(path);
  for (let byte = 0; byte < whole.length; byte += 7) {
    const bad = Buffer.from(whole);
    bad[byte]! ^= 0x10;
    await writeFile(path, bad);
    await expect(loadCheckpoint(at, 'key'), `byte ${byte}`).rejects.toMatchObject({ code: 'training/checkpoint' });
  }
  await writeFile(path, whole);
  await truncate(path, whole.length - 1);
  await expect(loadCheckpoint(at, 'key')).rejects.toMatchObject({ code: 'training/checkpoint' });
  await truncate(path, 3);
  await expect(loadCheckpoint(at, 'key')).rejects.toMatchObject({ code: 'training/checkpoint' });
});

test('a folder that cannot be written is a coded error', async () => {
  const at = join(await folder(), 'file');
  await writeFile(at, 'not a folder');
  await expect(saveCheckpoint(at, 'key', checkpoint)).rejects.toMatchObject({
    code: 'training/checkpoint',
    message: expect.stringContaining('cannot write'),
  });
  expect(await loadCheckpoint(at, 'key')).toBeNull();
});
