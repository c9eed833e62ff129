import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { steelyard } from './cli.ts';
import { remove, temporary, tinyJob } from './tiny.ts';

let folder: string;
beforeAll(async () => {
  folder = await temporary();
});
afterAll(() => remove(folder));

test('when quantizing everything breaks a condition, the layers that do it go back, and a resumed run does not try again', async () => {
  const { scenario } = await tinyJob(folder, {
    spoiled: true,
    must: '  - { metric: accuracy, worse-by-at-most: 5 pp }',
    // A busy machine has time for few looks: they are all at what this is about.
    minutes: 0.3,
    more: 'search: { techniques: [quantize/dynamic], finalists: 2 }',
  });
  const out = join(folder, 'run');
  const { out: shown, err, code } = await steelyard(['tune', scenario, '--out', out]);
  expect(err).not.toContain('internal');
  expect(code, shown + err).toBe(0);
  const text = await readFile(join(out, 'records.jsonl'), 'utf8');
  const sensitivity = /"kind":"sensitivity".*/.exec(text)?.[0] ?? '';
  expect(text.includes('"id":"quantize/dynamic without 1 layer"')).toBe(true);
  // The spoiled layer alone does nearly all the harm.
  expect(sensitivity).toContain('"technique":"quantize/dynamic"');
  const report = await steelyard(['report', out]);
  expect(report.out).toContain('quantize/dynamic without 1 layer');
  const lines = text.trim().split('\n').length;
  const again = await steelyard(['tune', scenario, '--out', out, '--resume']);
  expect(again.code).toBe(0);
  expect((await readFile(join(out, 'records.jsonl'), 'utf8')).trim().split('\n')).toHaveLength(lines);
});
