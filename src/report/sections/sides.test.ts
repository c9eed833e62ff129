import { expect, test } from 'vitest';
import type { StoreRecord } from '../../contracts/index.ts';
import { buildReport } from '../build.ts';
import type { Block } from '../blocks.ts';
import { fixture } from '../testing/fixture.ts';
import { metrics } from '../testing/metrics.ts';

const section = (records: readonly StoreRecord[]): readonly Block[] => {
  const blocks = buildReport(records, metrics);
  const start = blocks.findIndex((block) => block.kind === 'heading' && block.text === 'All sides at a glance');
  if (start < 0) return [];
  const length = blocks.slice(start + 1).findIndex((block) => block.kind === 'heading');
  return blocks.slice(start, start + 1 + length);
};

const textOf = (row: readonly unknown[]): unknown[] =>
  row.map((cell) => (typeof cell === 'object' && cell !== null && 'text' in cell ? cell.text : '–'));

test('the first metric of each evaluator, with the difference and a word that the interval supports', () => {
  const [, glance] = section(fixture('chosen'));
  if (glance?.kind !== 'table') throw new Error('no table');
  const rows = glance.rows.map(textOf);
  const accuracy = rows.find(([name]) => name === 'Accuracy');
  expect(accuracy?.at(-1)).toBe('no difference shown');
  expect(accuracy?.[3]).toMatch(/points \[/);
  const latency = rows.find(([name]) => name === 'Median latency');
  expect(latency?.at(-1)).toBe('better');
});

test('every version has its page, groups included', () => {
  const blocks = section(fixture('chosen'));
  const pages = blocks.filter((block) => block.kind === 'details');
  expect(pages.length).toBeGreaterThan(2);
  const tables = pages[0]!.blocks.filter((block) => block.kind === 'table');
  expect(tables.map(({ caption }) => caption)).toContain('Quality and calibration');
  expect(JSON.stringify(tables[0])).toContain('style = formal');
});

test('a slower version is called worse', () => {
  const [, , ...pages] = section(fixture('chosen'));
  const half = pages.find((block) => block.kind === 'details' && block.title.includes('float16'));
  expect(JSON.stringify(half)).toContain('"text":"worse"');
});

test('nothing where there is no version to speak of', () => {
  expect(section(fixture('keep'))).toEqual([]);
});
