import { existsSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from './cli.ts';
import { start, type Process } from './crew.ts';
import { contents, remove, temporary } from './tiny.ts';

const example = join(root, 'examples/support-desk');

let folder: string;
beforeAll(async () => {
  folder = await temporary();
  const rows = (await readFile(join(example, 'data/train.jsonl'), 'utf8')).split('\n').slice(0, 64);
  await writeFile(join(folder, 'train.jsonl'), `${rows.join('\n')}\n`);
});
afterAll(() => remove(folder));

const chain = [
  '-t',
  'prune/structured',
  '--neurons',
  '0.25',
  '--heads',
  '1',
  '--steps',
  '3',
  '--recover-minutes',
  '60',
];
const optimize = (out: string): Process => {
  const data = ['--train', 'train.jsonl', '--text', 'text', '--label', 'intent'];
  return start(['optimize', join(example, 'model'), ...chain, ...data, '--out', out], folder);
};

const checkpointsOf = (out: string): readonly string[] =>
  [1, 2, 3].map((step) =>
    join(folder, `${out}.unfinished`, `step-1-distill-recover-after-step-${step}`, 'checkpoint.bin'),
  );
const writtenAt = (files: readonly string[]): Promise<readonly number[]> =>
  Promise.all(files.map(async (file) => (await stat(file)).mtimeMs));

test('a gradual cut that is killed while it trains after each of its steps trains nothing twice, and writes the same bytes', async () => {
  const whole = optimize('whole');
  expect(await whole.ended, whole.text()).toBe(0);
  const files = checkpointsOf('killed');
  let finished: readonly number[] = [];
  for (const [at, file] of files.entries()) {
    const process = optimize('killed');
    // Its first checkpoint: two of three epochs are still to come.
    while (!existsSync(file)) await sleep(5);
    process.signal('SIGKILL');
    expect(await process.ended, process.text()).toBeNull();
    expect(existsSync(join(folder, 'killed'))).toBe(false);
    const written = await writtenAt(files.slice(0, at));
    expect(written.slice(0, finished.length)).toEqual(finished);
    finished = written;
  }
  const last = optimize('killed');
  expect(await last.ended, last.text()).toBe(0);
  expect(existsSync(join(folder, 'killed.unfinished'))).toBe(false);
  expect(await contents(join(folder, 'killed'))).toEqual(await contents(join(folder, 'whole')));
});
