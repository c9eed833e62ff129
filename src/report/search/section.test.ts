import { describe, expect, test } from 'vitest';
import { buildReport } from '../build.ts';
import { toHtml } from '../render/html.ts';
import { toJsonLines } from '../render/jsonl.ts';
import { toCsv } from '../render/csv.ts';
import { toMarkdown } from '../render/markdown.ts';
import { toTerminal } from '../render/terminal.ts';
import { widthOf } from '../render/width.ts';
import { fixture } from '../testing/fixture.ts';
import { metrics } from '../testing/metrics.ts';
import { explored, search, searchFixture, trials } from '../testing/search.ts';
import type { FrontOf } from './section.ts';

const frontOf: FrontOf = (looks) => looks.map((_, at) => ({ at, chance: at === 0 ? 1 : 0.25, knee: at === 1 }));
const blocks = buildReport(searchFixture(), metrics, frontOf);
const text = toTerminal(blocks, { width: 100, full: true });
const section = text.slice(text.indexOf('How it was searched for'), text.indexOf('How it was measured'));

test('a run without a search reports as before', () => {
  expect(buildReport(fixture('chosen'), metrics, frontOf)).toEqual(buildReport(fixture('chosen'), metrics));
  expect(toTerminal(buildReport(fixture('chosen'), metrics), { full: true })).not.toContain('searched');
});

test('on a terminal it is named, and told when everything is asked for', () => {
  const short = toTerminal(blocks, { width: 100 });
  expect(short).not.toContain('\nHow it was searched for');
  expect(short.replace(/\s+/g, ' ')).toContain('“How it was searched for”');
});

test('the facts: what was tried of what there is, by whom, for how long, what came of it', () => {
  expect(section.slice(0, section.indexOf('Median latency,'))).toBe(`How it was searched for
───────────────────────
Tried            6 combinations of 8 possible ones in 8 looks; 1 could not be built or did not run
Searcher         halving version 2 (eta 3)
Time             4 min 54 s (planned: 10 min 0 s); it ended because nothing more promised anything
Built            7 versions, each from the start
Weighed in full  distill/student + quantize/dynamic and quantize/dynamic

`);
});

test('each version once, by its most thorough look, the most promising first', () => {
  const rows = section
    .slice(section.indexOf('Looked at'), section.indexOf('· Against'))
    .split('\n')
    .flatMap((line) => /(✓ seem to hold|\? missed by 3.1 %|✗ fail)/.exec(line)?.[1] ?? []);
  expect(rows).toEqual(['✓ seem to hold', '✓ seem to hold', '✓ seem to hold', '? missed by 3.1 %', '✗ fail']);
  expect(section).toMatch(/quantize\/embedding|all rows +0\.63 \[0\.59, 0\.67\] +0\.26/);
});

test('the best so far is a line of steps with units, in every form', () => {
  const curve = blocks.find((block) => block.kind === 'curve');
  expect(curve).toMatchObject({
    x: { unit: 'min' },
    y: { label: 'Median latency, original = 1', better: 'low' },
    description:
      '7 looks in 4 min 54 s; the best was found after 4 min 54 s: distill/student + quantize/dynamic, 0.200×.',
  });
  expect(curve?.kind === 'curve' && curve.steps.map(({ y }) => Number(y.toFixed(2)))).toEqual([0.66, 0.61, 0.2]);
  expect(section).toContain('Time spent searching (min)');
  expect(toMarkdown(blocks)).toContain('─ best so far, ● better than all before');
  const html = toHtml(blocks);
  expect(html).toContain('class="best-line"');
  expect(html).not.toContain('<b>prune</b>');
});

test('what short looks were worth is said in words', () => {
  expect(section.replace(/\s+/g, ' ')).toContain(
    'A few rows: 5 looks of 31 s on average; it put 4 versions in almost the same order as the last look (rank correlation 0.83).',
  );
});

test('the front names its chances and its knee', () => {
  const table = blocks.find((block) => block.kind === 'table' && block.caption.includes('trade-off'));
  expect(table?.kind === 'table' && table.rows.map((row) => row.slice(-2))).toMatchObject([
    [{ text: '100' }, { text: '' }],
    [{ text: '25' }, { text: 'knee' }],
    [{ text: '25' }, { text: '' }],
  ]);
});

describe('unfinished and odd searches', () => {
  test('nothing tried yet, nothing ended', () => {
    const [run, ...rest] = fixture('unfinished');
    const begun = toTerminal(buildReport([run!, search, ...rest], metrics, frontOf), { width: 100, full: true });
    expect(begun).toContain('0 combinations of 8 possible ones in 0 looks');
    expect(begun).toContain('it had not ended');
  });

  test('only the trials of the last search count, and builds out of the cache are told', () => {
    const [run, ...rest] = fixture('chosen');
    const older = trials.map((trial) => ({ ...trial, search: 'sha256:older' }));
    const cached = rest.map((record) => (record.kind === 'build' ? { ...record, cached: true as const } : record));
    const told = toTerminal(buildReport([run!, ...older, search, trials[0]!, explored, ...cached], metrics, frontOf), {
      width: 100,
      full: true,
    });
    expect(told).toContain('1 combination of 8 possible ones in 1 look');
    expect(told).toContain('7 versions: 7 came from the cache');
  });

  test('a metric that is not known is named by its id', () => {
    const [run, ...rest] = searchFixture();
    const strange = { ...search, objectives: ['glow', 'size'] };
    const told = toTerminal(buildReport([run!, strange, ...rest.slice(1)], metrics, frontOf), {
      width: 120,
      full: true,
    });
    expect(told).toContain('glow');
  });

  test.each([40, 80])('no line is wider than %i columns', (width) => {
    const code = new Set(
      blocks.flatMap((block) => (block.kind === 'code' ? block.text.split('\n').map((line) => `  ${line}`) : [])),
    );
    for (const line of toTerminal(blocks, { width, full: true }).split('\n'))
      if (!code.has(line)) expect(widthOf(line), line).toBeLessThanOrEqual(width);
  });
});

test('exports hold the looks', () => {
  const lines = toJsonLines(searchFixture(), metrics)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const looks = lines.filter(({ split }) => split === 'search: all rows');
  expect(looks).toHaveLength(6);
  expect(looks[0]).toMatchObject({
    version: 'quantize/dynamic',
    evaluator: 'search/halving',
    metric: 'latency-p50',
    comparison: { kind: 'ratio', value: expect.closeTo(0.64, 6) as number },
  });
  const failed = lines.find(({ version }) => version === '<b>prune</b>/layers');
  expect(failed).toMatchObject({
    metric: null,
    error: { code: 'search/failed', message: 'the graph has no block\nto take out' },
  });
  expect(toCsv(searchFixture(), metrics).split('\r\n').length).toBe(lines.length + 2);
  expect(toJsonLines(fixture('chosen'), metrics)).not.toContain('search/');
});
