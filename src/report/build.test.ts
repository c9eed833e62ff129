import { describe, expect, test } from 'vitest';
import type { MeasureRecord, StoreRecord } from '../contracts/index.ts';
import type { Block, Cell } from './blocks.ts';
import { buildReport, summarize } from './build.ts';
import { fixture } from './testing/fixture.ts';
import { metrics } from './testing/metrics.ts';

const report = (...args: Parameters<typeof fixture>): Block[] => buildReport(fixture(...args), metrics);
const all = (blocks: readonly Block[]): Block[] =>
  blocks.flatMap((block) => (block.kind === 'details' ? [block, ...all(block.blocks)] : [block]));
const tableOf = (blocks: readonly Block[], caption: string): Extract<Block, { kind: 'table' }> => {
  const found = all(blocks).find((block) => block.kind === 'table' && block.caption.startsWith(caption));
  if (found?.kind !== 'table') throw new Error(`no table "${caption}"`);
  return found;
};
const textOf = (cell: Cell): string =>
  cell.kind === 'none'
    ? '–'
    : cell.kind === 'number'
      ? [cell.text, cell.interval].filter(Boolean).join(' ')
      : cell.text;

describe('the answer', () => {
  test('a chosen version: what is gained and what is given up, in plain words', () => {
    const [heading, callout] = report('chosen');
    expect(heading).toMatchObject({
      kind: 'heading',
      level: 1,
      text: 'Deploy quantize/dynamic(perChannel=true) + quantize/embedding',
    });
    expect(callout).toMatchObject({ kind: 'callout', tone: 'pass' });
    const text = callout?.kind === 'callout' ? callout.text : [];
    expect(text[0]).toBe(
      'It answers 2.9× faster [2.7, 3.1], is 71 % smaller, needs 39.8 % less memory [38.9, 40.7] and costs 66 % less per request [64, 67].',
    );
    expect(text[1]).toBe('Of 1,000 requests about 5 get a different answer, 2 better, 3 worse.');
    expect(text[2]).toBe(
      'Accuracy falls from 92.4 % to 92.3 % (−0.1 points [−0.5, +0.3]), a difference that chance alone can explain.',
    );
    expect(text[3]).toContain('Answers were counted on 1,000 examples held back');
  });

  test('the original stays', () => {
    const blocks = report('keep');
    expect(blocks[0]).toMatchObject({ text: 'Keep the original model' });
    expect(blocks[1]).toMatchObject({ tone: 'neutral' });
  });

  test('nothing qualifies: the nearest miss, and what it lacks', () => {
    const [heading, callout] = report('nothing');
    expect(heading).toMatchObject({ text: expect.stringContaining('No version is proven') as string });
    expect(callout).toMatchObject({ tone: 'undecided', title: expect.stringContaining('quantize/dynamic') as string });
    expect(JSON.stringify(callout)).toContain('Not proven: accuracy for style=learner');
  });

  test('a choice that the held-back data does not confirm says so first', () => {
    const [, callout] = report('unconfirmed');
    expect(callout).toMatchObject({
      tone: 'undecided',
      title: expect.stringContaining('too small to confirm') as string,
    });
  });

  test('a run without a decision says how to go on', () => {
    const [heading, callout] = report('unfinished');
    expect(heading).toMatchObject({ text: 'This run is not finished' });
    expect(JSON.stringify(callout)).toContain('--resume');
  });

  test('a loss is said as a loss, and no measurable change is not called a gain', () => {
    const records = fixture('chosen').map((record): StoreRecord => {
      if (record.kind !== 'measure') return record;
      const text = JSON.stringify(record);
      return JSON.parse(
        text.replaceAll(
          /"metric":"latency-p50"(.*?)"low":[\d.]+,"high":[\d.]+,"evidence"/g,
          '"metric":"latency-p50"$1"low":0.2,"high":1.4,"evidence"',
        ),
      ) as MeasureRecord;
    });
    expect(summarize(records, metrics)).toContain('It answers as fast as before, as far as can be measured.');
  });

  test('no changed answer at all', () => {
    const records = fixture('chosen').map(
      (record) =>
        JSON.parse(
          JSON.stringify(record).replaceAll(/("metric":"flips","unit":"proportion","value":)[\d.]+/g, '$10'),
        ) as StoreRecord,
    );
    expect(summarize(records, metrics)).toContain('Every one of the 1,000 tested requests gets the same answer');
  });

  test('an unreliable timing session is said beside the answer', () => {
    const records = fixture('chosen').map((record): StoreRecord =>
      record.kind === 'measure' && record.evaluator === 'load/latency'
        ? (JSON.parse(
            JSON.stringify(record).replaceAll(
              'an estimate from CPU time',
              'unreliable session: an estimate from CPU time',
            ),
          ) as MeasureRecord)
        : record,
    );
    expect(buildReport(records, metrics)).toContainEqual(
      expect.objectContaining({ kind: 'callout', title: 'Some measurements are not reliable' }),
    );
  });
});

test('the conditions: demanded, found, at worst, verdict, held-back, reason and why', () => {
  const { rows, columns } = tableOf(report('chosen'), 'Conditions for');
  expect(columns.map(({ title }) => title)).toEqual(['Condition', 'Found', 'At worst', 'Verdict', 'Held-back']);
  expect(rows.map((row) => row.map(textOf))).toEqual([
    ['Accuracy: at most 1.5 points worse than the original', '0.0 points [−0.4, +0.4]', '−0.4 points', 'PASS', 'PASS'],
    [
      'Accuracy (style = learner): at most 5 points worse than the original',
      '−0.7 points [−2.2, +0.9]',
      '−3.4 points',
      'PASS',
      'PASS',
    ],
    ['Changed answers: at most 5 %', '0.4 % [0.2, 1.0]', '1.0 %', 'PASS', 'PASS'],
    ['Median latency: at least 10 % lower than the original', '−66 % [−68, −63]', '−64 %', 'PASS', 'PASS'],
    ['Size on disk: at most 20 MB', '4.29 MB', '4.29 MB', 'PASS', 'PASS'],
  ]);
  expect(JSON.stringify(rows[0])).toContain('Why it matters: wrong answers come back as tickets');
  expect(JSON.stringify(rows[0])).toContain('p = 0.0004');
});

test('a condition that could not be measured shows no number', () => {
  const records = fixture('nothing').map((record): StoreRecord =>
    record.kind === 'choice'
      ? {
          ...record,
          candidates: record.candidates.map((candidate) => ({
            ...candidate,
            gates: candidate.gates.map((gate) => ({
              ...gate,
              verdict: 'undecided' as const,
              p: null,
              value: Number.NaN,
              bound: Number.NaN,
              reason: 'accuracy was not measured',
            })),
          })),
        }
      : record,
  );
  const { rows } = tableOf(buildReport(records, metrics), 'Conditions for');
  expect(rows[0]!.map(textOf).slice(1)).toEqual(['–', '–', 'UNDECIDED']);
  expect(JSON.stringify(rows)).not.toContain('NaN');
});

test('every version that is not chosen has a reason', () => {
  const { rows } = tableOf(report('chosen'), 'Versions that are not chosen');
  expect(rows.map((row) => textOf(row[1]!))).toEqual([
    'FAIL',
    'dominated',
    'FAIL',
    'FAIL',
    'broke down',
    'does not apply',
  ]);
  const reasons = JSON.stringify(rows);
  expect(reasons).toContain('Not met: median latency is 3.0 % lower');
  expect(reasons).toContain('quantize/dynamic(perChannel=true) + quantize/embedding is at least as good');
  expect(reasons).toContain('SIGSEGV');
  expect(reasons).toContain('the attention is already fused'.replace('the', 'The'));
});

test('the plot: one point a version, conditions as lines, the reference at no change', () => {
  const plot = report('chosen').find((block) => block.kind === 'scatter');
  if (plot?.kind !== 'scatter') throw new Error('no plot');
  expect(plot.points.map(({ tag, role }) => `${tag}${role}`)).toEqual([
    'baseline',
    'Afails',
    'Bpasses',
    'Cchosen',
    'Dfails',
    'Efails',
  ]);
  expect(plot.points[0]).toMatchObject({ x: { value: 1 }, y: { value: 0 } });
  expect(plot.limits.map(({ axis, value }) => [axis, value])).toEqual([
    ['x', 0.9],
    ['y', -1.5],
  ]);
});

test('all versions side by side, units in the heads, intervals in the cells', () => {
  const { columns, rows } = tableOf(report('chosen'), 'Speed, quality');
  expect(columns.map(({ title, unit }) => (unit === undefined ? title : `${title} (${unit})`))).toEqual([
    'Version',
    'Result',
    'Accuracy (%)',
    'Difference (points)',
    'Median latency (ms)',
    'Speed-up (×)',
    'Size on disk (MB)',
    'Peak memory (MB)',
    'Cost per million requests (EUR)',
  ]);
  expect(rows[3]!.map(textOf)).toEqual([
    'quantize/dynamic(perChannel=true) + quantize/embedding',
    'CHOSEN',
    '92.4 [90.6, 93.9]',
    '0.0 [−0.4, +0.4]',
    '4.12 [4.03, 4.20]',
    '2.9 [2.7, 3.1]',
    '4.29',
    '71.0 [70.3, 71.7]',
    '0.0486 [0.0472, 0.0501]',
  ]);
});

test('groups: the largest loss first, small groups are named', () => {
  const { rows, notes } = tableOf(report('chosen'), 'Accuracy by group');
  expect(rows.map((row) => textOf(row[0]!))[0]).toBe('style = learner');
  expect(notes.join()).toContain('fewer than 100 examples');
});

test('the method names machine, data, versions and digests; the last block is the command', () => {
  const blocks = report('chosen');
  const facts = JSON.stringify(blocks.filter((block) => block.kind === 'facts'));
  for (const part of [
    'AMD EPYC',
    'avx512_vnni',
    '1,000 rows of data/test.jsonl',
    'ONNX Runtime 1.30.0',
    'A/A check',
    '+0.4 %',
  ])
    expect(facts).toContain(part);
  expect(blocks.at(-1)).toEqual({
    kind: 'code',
    text: 'steelyard tune examples/support-desk/scenario.yaml --out runs/support-desk',
  });
});

test('measurements from another machine are left out, and that is said', () => {
  const records = fixture('chosen').map((record): StoreRecord =>
    record.kind === 'measure' && record.evaluator === 'load/latency' ? { ...record, machine: 'sha256:other' } : record,
  );
  const text = JSON.stringify(buildReport(records, metrics));
  expect(text).toContain('Measurements from another machine are in the records too and are left out: load/latency.');
  expect(text).not.toContain('2.9×');
});

test('a later measurement replaces an earlier one, and a healed failure is forgotten', () => {
  const records = fixture('chosen');
  const quality = records.find(
    (record) => record.kind === 'measure' && record.evaluator === 'quality/labels',
  ) as MeasureRecord;
  const failed: MeasureRecord = {
    ...quality,
    outcomes: { 'quantize/float16': { kind: 'failed', code: 'runtime/timeout', message: 'it hung' } },
  };
  const broken = JSON.stringify(buildReport([...records, failed], metrics));
  expect(broken).toContain('It hung');
  expect(JSON.stringify(buildReport([...records, failed, quality], metrics))).not.toContain('It hung');
});

test('records of unknown kinds are passed over; no run is report/empty', () => {
  const unknown = { kind: 'finding', key: 'sha256:x', at: '', seconds: 0 } as unknown as StoreRecord;
  expect(buildReport([unknown, ...fixture('chosen')], metrics).length).toBeGreaterThan(10);
  expect(() => buildReport([unknown], metrics)).toThrow(expect.objectContaining({ code: 'report/empty' }) as Error);
});

test('headings go down one level at a time', () => {
  for (const ending of ['chosen', 'keep', 'nothing', 'unconfirmed', 'unfinished'] as const) {
    const levels = all(report(ending)).flatMap((block) => (block.kind === 'heading' ? [block.level] : []));
    expect(levels[0]).toBe(1);
    for (const [index, level] of levels.entries()) expect(level - (levels[index - 1] ?? 0)).toBeLessThanOrEqual(1);
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
  }
});

test('every table row has a cell for every column', () => {
  for (const block of all(report('chosen')))
    if (block.kind === 'table')
      for (const row of block.rows) expect(row, block.caption).toHaveLength(block.columns.length);
});
