import { describe, expect, test } from 'vitest';
import type { StoreRecord } from '../../contracts/index.ts';
import { buildReport } from '../build.ts';
import type { Block } from '../blocks.ts';
import { fixture } from '../testing/fixture.ts';
import { ids } from '../testing/fixture-measures.ts';
import { metrics } from '../testing/metrics.ts';
import { richFixture, richMetrics } from '../testing/rich.ts';

const section = (records: readonly StoreRecord[], specs = metrics): readonly Block[] => {
  const blocks = buildReport(records, specs);
  const start = blocks.findIndex((block) => block.kind === 'heading' && block.text === 'All sides at a glance');
  if (start < 0) return [];
  const length = blocks.slice(start + 1).findIndex((block) => block.kind === 'heading');
  return blocks.slice(start, start + 1 + length);
};

const textOf = (row: readonly unknown[]): unknown[] =>
  row.map((cell) => (typeof cell === 'object' && cell !== null && 'text' in cell ? cell.text : '–'));

test('the most telling metric of each evaluator, with the difference and a word that the interval supports', () => {
  const [, glance] = section(fixture('chosen'));
  if (glance?.kind !== 'table') throw new Error('no table');
  const rows = glance.rows.map(textOf);
  const accuracy = glance.rows.find(([cell]) => cell?.kind === 'text' && cell.text === 'Accuracy');
  expect(accuracy?.[3]).toMatchObject({ kind: 'number', text: '0.0 points', interval: '[−0.4, +0.4]' });
  expect(textOf(accuracy!).at(-1)).toBe('none shown');
  const latency = rows.find(([name]) => name === 'Median latency');
  expect(latency?.at(-1)).toBe('better');
  // A number without a comparison has no word.
  expect(rows.find(([name]) => name === 'Changed answers')?.slice(-2)).toEqual(['–', '–']);
});

test('every version has its page, groups included', () => {
  const blocks = section(fixture('chosen'));
  const pages = blocks.filter((block) => block.kind === 'details');
  expect(pages.map(({ title }) => title)).toHaveLength(6);
  const tables = pages[0]!.blocks.filter((block) => block.kind === 'table');
  expect(tables.map(({ caption }) => caption)).toContain('Quality and calibration, version C');
  expect(JSON.stringify(tables[0])).toContain('Accuracy, style = formal');
});

test('a slower version is called worse', () => {
  const [, , ...pages] = section(fixture('chosen'));
  const half = pages.find((block) => block.kind === 'details' && block.title.includes('float16'));
  expect(JSON.stringify(half)).toContain('"text":"worse"');
});

test('where the original stays, the version that came furthest is shown', () => {
  const [, glance] = section(fixture('keep'));
  expect(glance).toMatchObject({ kind: 'table', caption: expect.stringContaining(ids.clean) as string });
  expect(section(fixture('chosen').filter(({ kind }) => kind !== 'measure'))).toEqual([]);
});

describe('all sides', () => {
  const blocks = section(richFixture(), richMetrics);
  const glance = blocks.find((block) => block.kind === 'table');
  if (glance?.kind !== 'table') throw new Error('no table');
  const names = glance.rows.map(([cell]) => (cell?.kind === 'text' ? cell.text : ''));

  test('what tells most of an evaluator, and what has a condition; no counts of texts', () => {
    for (const name of [
      'Calibration error',
      'Distance from the original (KL)',
      'Accuracy of the worst group',
      'Accuracy on uncommon words',
      'Accuracy on texts with typing errors',
      'Failing behavior tests',
      'Accuracy under attack',
      '99th percentile under load',
    ])
      expect(names).toContain(name);
    for (const name of ['Groups compared', 'Texts with somebody to swap', 'Subwords per word', 'Brier score'])
      expect(names).not.toContain(name);
    expect(new Set(names).size).toBe(names.length);
  });

  test('families stand together: quality, fairness, robustness, load, energy', () => {
    const order = [
      'Accuracy',
      'Accuracy of the worst group',
      'Failing behavior tests',
      'Median latency',
      'Energy per request',
    ];
    const places = order.filter((name) => names.includes(name)).map((name) => names.indexOf(name));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  test('every table has a caption of its own, by which it is found', () => {
    const captions = (some: readonly Block[]): string[] =>
      some.flatMap((block) =>
        block.kind === 'table' ? [block.caption] : block.kind === 'details' ? captions(block.blocks) : [],
      );
    const all = captions(buildReport(richFixture(), richMetrics));
    expect(all.filter((caption, at) => all.indexOf(caption) !== at)).toEqual([]);
  });

  test('definitions are told once for all pages', () => {
    const text = JSON.stringify(blocks);
    const definition = richMetrics.find(({ id }) => id === 'ece')!.definition;
    expect(text.split(definition)).toHaveLength(2);
    expect(blocks.at(-1)).toMatchObject({ kind: 'details', title: 'What these metrics mean' });
  });
});
