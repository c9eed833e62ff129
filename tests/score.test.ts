import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { steelyard } from './cli.ts';

let cwd: string;
const put = (name: string, rows: readonly unknown[]): Promise<void> =>
  writeFile(join(cwd, name), `${rows.map((row) => JSON.stringify(row)).join('\n')}\n`);
/** Questions with two answers each; `wrong` says which answers are judged wrongly. */
const multirc = (wrong: (at: number) => boolean, more: object) =>
  Array.from({ length: 30 }, (_, p) => ({
    idx: p,
    passage: {
      text: 'P',
      questions: [
        {
          idx: p,
          question: 'Q',
          answers: [0, 1].map((a) => ({ idx: 2 * p + a, label: wrong(2 * p + a) ? 1 - a : a, ...more })),
        },
      ],
    },
  }));

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'steelyard-score-cli-'));
  await put(
    'val.jsonl',
    multirc(() => false, { text: 'A' }),
  );
  await put(
    'predictions.jsonl',
    multirc((at) => at % 6 === 0, {}),
  );
  await put(
    'worse.jsonl',
    multirc((at) => at % 2 === 0, {}),
  );
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

test('score prints a table, or JSON, and ends with 1 when a margin is not kept', async () => {
  const shown = await steelyard(['score', '--task', 'superglue/multirc', 'predictions.jsonl', '--gold', 'val.jsonl'], {
    cwd,
  });
  expect(shown).toMatchObject({ code: 0, err: '' });
  expect(shown.out).toMatch(/F1a +\d/);
  expect(shown.out).toMatch(/Exact match +66\.7/);
  expect(shown.out).toContain('SuperGLUE submission, nested');
  const failed = await steelyard(
    [
      'score',
      'worse.jsonl',
      '-t',
      'superglue/multirc',
      '-g',
      'val.jsonl',
      '-b',
      'predictions.jsonl',
      '-m',
      '1 pp',
      '--json',
    ],
    { cwd },
  );
  expect(failed.code).toBe(1);
  const result = JSON.parse(failed.out) as { verdicts: { verdict: string }[]; tasks: { flips: { worse: number } }[] };
  expect(result.verdicts.map(({ verdict }) => verdict)).toEqual(['fail', 'fail']);
  expect(result.tasks[0]!.flips.worse).toBe(20);
});

test('help, list and faults', async () => {
  const help = await steelyard(['score', '--help']);
  expect(help.code).toBe(0);
  expect(help.out).toContain('Example:');
  expect(help.out).toContain('--json');
  const list = await steelyard(['score', '--list']);
  expect(list.out).toContain('superglue/record');
  const run = (...more: string[]) => steelyard(['score', 'predictions.jsonl', '--gold', 'val.jsonl', ...more], { cwd });
  expect(await run()).toMatchObject({ code: 2 });
  expect(await run('--task', 'superglue/multirc', '--margin', '1 pp')).toMatchObject({ code: 2 });
  expect(await run('--task', 'superglue/multirc', '--baseline', 'worse.jsonl', '--margin', 'much')).toMatchObject({
    code: 2,
  });
  expect(await run('--task', 'superglue/multirk')).toMatchObject({
    code: 3,
    err: expect.stringContaining('unknown task'),
  });
  expect(await run('--task', 'superglue/boolq')).toMatchObject({
    code: 3,
    err: expect.stringContaining('(score/gold)'),
  });
});
