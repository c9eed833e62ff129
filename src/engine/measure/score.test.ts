import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { listScoreTasks, scoreFiles, type ScoreSettings } from './score.ts';

let folder: string;
const put = async (name: string, rows: readonly (readonly (string | number)[])[]): Promise<void> => {
  await mkdir(dirname(join(folder, name)), { recursive: true });
  await writeFile(join(folder, name), rows.map((row) => `${row.join('\t')}\n`).join(''));
};

const n = 400;
const random = seeded(2, 'score');
const truth = Array.from({ length: n }, () => random.integer(2));
/** Right but for a share of the rows. */
const answers = (wrong: (at: number) => boolean): (readonly (string | number)[])[] => [
  ['index', 'prediction'],
  ...truth.map((right, at) => [at, wrong(at) ? 1 - right : right]),
];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steelyard-score-'));
  await put('gold/SST-2/dev.tsv', [['sentence', 'label'], ...truth.map((right, at) => [`text ${at}`, right])]);
  await put('gold/CoLA/dev.tsv', truth.map((right, at) => ['gj04', right, '', `text ${at}`])); // prettier-ignore
  for (const task of ['SST-2', 'CoLA']) {
    await put(
      `original/${task}.tsv`,
      answers((at) => at % 10 === 0),
    );
    await put(
      `same/${task}.tsv`,
      answers((at) => at % 10 === 0),
    );
    await put(
      `worse/${task}.tsv`,
      answers((at) => at % 4 === 0),
    );
    await put(
      `near/${task}.tsv`,
      answers((at) => (at % 10 === 0 && at !== 40 && at !== 80) || at % 100 === 3),
    );
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const score = (more: Partial<ScoreSettings>) =>
  scoreFiles({
    task: 'glue/sst2',
    predictions: 'original/SST-2.tsv',
    gold: 'gold/SST-2/dev.tsv',
    confidence: 0.95,
    replicates: 500,
    seed: 1,
    base: folder,
    signal: new AbortController().signal,
    progress: () => {},
    ...more,
  });

test('one task, files that name their layouts', async () => {
  const result = await score({});
  expect(result.tasks).toHaveLength(1);
  expect(result.tasks[0]).toMatchObject({
    task: 'glue/sst2',
    rows: n,
    metrics: [{ metric: 'glue/sst2/accuracy', value: 0.9, samples: n }],
    gold: { layout: 'GLUE TSV' },
    predictions: { layout: 'TSV, by idx' },
  });
  expect(result).toMatchObject({ aggregate: null, verdicts: [], margin: null });
});

test('verdicts on the margin: pass, fail, undecided with the number that would decide', async () => {
  const against = (predictions: string) => score({ predictions, baseline: 'original/SST-2.tsv', margin: 0.01 });
  const verdictOf = async (predictions: string) => (await against(predictions)).verdicts[0]!;
  expect(await verdictOf('same/SST-2.tsv')).toMatchObject({ verdict: 'pass' });
  expect(await verdictOf('worse/SST-2.tsv')).toMatchObject({ verdict: 'fail' });
  const open = await verdictOf('near/SST-2.tsv');
  expect(open.verdict).toBe('undecided');
  expect(open.samplesNeeded).toBeGreaterThan(n);
  expect(open.reason).toMatch(
    /^glue\/sst2 Accuracy is 0\.5 points lower \(of 400 answers 4 became wrong and 2 became right\)/,
  );
});

test('a benchmark from folders: every metric judged together, and what is missing said', async () => {
  const result = await score({ task: 'glue', predictions: 'same', gold: 'gold', baseline: 'original', margin: 0.02 });
  expect(result.tasks.map(({ task }) => task)).toEqual(['glue/cola', 'glue/sst2']);
  expect(result.verdicts.map(({ gate, verdict }) => [gate.metric, verdict])).toEqual([
    ['glue/cola/matthews', 'pass'],
    ['glue/sst2/accuracy', 'pass'],
  ]);
  const [cola, sst2] = result.tasks;
  expect(result.aggregate).toMatchObject({ complete: false, name: 'mean of 2 of 9 tasks: not the GLUE score' });
  expect(result.aggregate!.value).toBeCloseTo((cola!.score.value + sst2!.score.value) / 2, 12);
  expect(result.leftOut).toContainEqual({ task: 'glue/rte', reason: 'no right answers under gold' });
});

test('the same seed gives the same result', async () => {
  const once = await score({ task: 'glue', predictions: 'near', gold: 'gold', baseline: 'original' });
  expect(await score({ task: 'glue', predictions: 'near', gold: 'gold', baseline: 'original' })).toEqual(once);
});

test('nothing to score, a baseline that lacks a task, a path that is not there', async () => {
  await put('empty/notes.tsv', [['x']]);
  await expect(score({ task: 'superglue', predictions: 'same', gold: 'empty' })).rejects.toMatchObject({
    code: 'score/folder',
  });
  await put(
    'part/SST-2.tsv',
    answers(() => false),
  );
  const part = await score({ task: 'glue', predictions: 'same', gold: 'gold', baseline: 'part' });
  expect(part.leftOut).toContainEqual({ task: 'glue/cola', reason: 'no answers under part' });
  await expect(score({ gold: 'absent.tsv' })).rejects.toMatchObject({ code: 'score/folder' });
});

test('cancels', async () => {
  const stop = new AbortController();
  stop.abort();
  await expect(score({ signal: stop.signal })).rejects.toThrow();
});

test('the list of tasks is plain data', () => {
  const tasks = listScoreTasks();
  expect(tasks).toHaveLength(27);
  expect(JSON.parse(JSON.stringify(tasks))).toEqual(tasks);
  expect(tasks.find(({ id }) => id === 'glue/stsb')).toMatchObject({ labels: ['0 to 5'] });
});
