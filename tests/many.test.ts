import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { namedScenarios, tuneMany, type ManySettings } from '../src/engine/many.ts';
import { remove, temporary, tinyJob } from './tiny.ts';

let folder: string;
beforeAll(async () => {
  folder = await temporary();
});
afterAll(() => remove(folder));

/** Scenarios of one model and one that has another, each in a folder of its own. */
const jobs = async (names: readonly string[], model?: string): Promise<readonly string[]> => {
  const files: string[] = [];
  for (const name of names) {
    const { scenario } = await tinyJob(join(folder, name), { candidates: '[fuse/drop-identity]', rows: 60 });
    const text = (await readFile(scenario, 'utf8')).replace('name: tiny', `name: ${name}`);
    await writeFile(scenario, model === undefined ? text : text.replace('model: model.onnx', `model: ${model}`));
    files.push(scenario);
  }
  return files;
};

const settings = (scenarios: readonly string[], more: Partial<ManySettings> = {}): ManySettings => ({
  scenarios,
  out: join(folder, 'run'),
  cache: null,
  command: 'steelyard tune',
  base: folder,
  signal: new AbortController().signal,
  ...more,
});

test('a scenario given twice, and two of one name', async () => {
  const [one, two] = (await jobs(['first', 'second'])) as [string, string];
  await expect(namedScenarios([one, two, one])).rejects.toMatchObject({ code: 'usage/same-scenario' });
  await writeFile(two, (await readFile(two, 'utf8')).replace('name: second', 'name: "First!"'));
  await expect(tuneMany(settings([one, two]))).rejects.toMatchObject({
    code: 'usage/same-name',
    message: expect.stringContaining('share a folder') as string,
  });
});

test('one that cannot be tuned: the others go on; resumed, nothing is done twice and only the rest is done', async () => {
  const files = (await jobs(['broken', 'kiosk'])) as [string, string];
  const whole = await readFile(join(folder, 'broken', 'model.onnx'));
  await writeFile(join(folder, 'broken', 'model.onnx'), 'no model');
  const warnings: string[] = [];
  const log: ManySettings['log'] = (level, text) => void (level === 'warn' && warnings.push(text));
  const first = await tuneMany(settings(files, { log }));
  expect(first.rows.map(({ scenario }) => scenario)).toEqual(['kiosk']);
  expect(first.results).toHaveLength(1);
  expect(first.failed).toEqual([
    {
      scenario: 'broken',
      error: expect.objectContaining({ code: expect.stringMatching(/^model\//) as string }) as Error,
    },
  ]);
  expect(warnings.some((text) => text.startsWith('broken: ') && text.includes('the others go on'))).toBe(true);

  const records = (name: string): Promise<string> => readFile(join(folder, 'run', name, 'records.jsonl'), 'utf8');
  const before = await records('kiosk');
  await expect(tuneMany(settings(files))).rejects.toMatchObject({ code: 'engine/run-exists' });
  await writeFile(join(folder, 'broken', 'model.onnx'), whole);
  const again = await tuneMany(settings(files, { resume: true }));
  expect(again.failed).toEqual([]);
  expect(again.rows.map(({ scenario }) => scenario)).toEqual(['broken', 'kiosk']);
  expect(await records('kiosk')).toBe(before);
  expect(again.results[1]!.choice.chosen).toBe(first.results[0]!.choice.chosen);
}, 180_000);

test('when none can be tuned, the first reason is the error; a run that is stopped stops', async () => {
  const [file] = (await jobs(['alone'])) as [string];
  await rm(join(folder, 'alone', 'model.onnx'));
  const out = join(folder, 'none');
  await expect(tuneMany(settings([file], { out }))).rejects.toMatchObject({
    code: expect.stringMatching(/^model\//) as string,
  });
  const [kept] = (await jobs(['kept'])) as [string];
  const stopped = AbortSignal.abort(new Error('stopped by the user'));
  await expect(tuneMany(settings([kept, file], { out, signal: stopped }))).rejects.toMatchObject({
    code: 'engine/cancelled',
  });
});
