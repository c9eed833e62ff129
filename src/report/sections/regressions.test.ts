import { expect, test } from 'vitest';
import type { AuditRecord, StoreRecord } from '../../contracts/index.ts';
import { buildReport } from '../build.ts';
import type { Block, Cell } from '../blocks.ts';
import { fixture } from '../testing/fixture.ts';
import { metrics } from '../testing/metrics.ts';

type Item = AuditRecord['items'][number];

const item = (id: string, expected: string | null, baseline: string, candidate: string, shift: number): Item => ({
  id,
  text: `text ${id}`,
  groups: { style: 'casual' },
  expected,
  baseline,
  candidate,
  shift,
});
const withItems = (items: readonly Item[], counts: Partial<AuditRecord> = {}): readonly Block[] => {
  const records = fixture('chosen').map((record): StoreRecord =>
    record.kind === 'audit' ? { ...record, items, ...counts } : record,
  );
  const blocks = buildReport(records, metrics);
  const start = blocks.findIndex((block) => block.kind === 'heading' && block.text === 'Answers that changed');
  const length = blocks.slice(start + 1).findIndex((block) => block.kind === 'heading');
  return blocks.slice(start, start + 1 + length);
};
const words = (block: Block | undefined): (readonly string[])[] => {
  const text = (cell: Cell): string => ('text' in cell ? cell.text : '–');
  const table = block?.kind === 'details' ? block.blocks[0] : block;
  return table?.kind === 'table' ? table.rows.map((row) => [text(row[0]!), text(row[4]!)]) : [];
};

test('why a text is in the list: became wrong, became right, wrong in another way, moved without changing', () => {
  const [, , worst, rest, near] = withItems([
    item('a', 'refund', 'refund', 'other', 0.6),
    item('b', 'refund', 'other', 'refund', 0.4),
    item('c', 'refund', 'other', 'cancel', 0.3),
    item('d', null, 'other', 'cancel', 0.2),
    item('e', 'refund', 'refund', 'refund', 0.31),
    item('f', 'refund', 'refund', 'refund', -0.22),
  ]);
  expect(words(worst)).toEqual([['text a', 'became wrong']]);
  expect(words(rest)).toEqual([
    ['text b', 'became right'],
    ['text c', 'wrong in another way'],
    ['text d', 'changed'],
  ]);
  expect(words(near)).toEqual([
    ['text e', 'less sure'],
    ['text f', 'surer'],
  ]);
  expect(near).toMatchObject({ kind: 'details', title: '2 answers that stayed and moved most' });
});

test('groups and the example’s id stand below the text', () => {
  const [, , worst] = withItems([item('a', 'refund', 'refund', 'other', 0.6)]);
  expect(JSON.stringify(worst)).toContain('example a · style: casual');
});

test('nothing changed, and the list is of what nearly did', () => {
  const [, paragraph, near] = withItems([item('e', 'refund', 'refund', 'refund', 0.31)], {
    changed: 0,
    harmed: 0,
    helped: 0,
  });
  expect(paragraph).toMatchObject({ text: 'All 1,000 answers are the same as from the original.' });
  expect(near).toMatchObject({ kind: 'details', title: '1 answer that stayed and moved most' });
});

test('how far an answer moved has the unit of its task, and words have none', () => {
  const shown = (shiftIs: AuditRecord['shiftIs'], shift: number): readonly unknown[] => {
    const [, , worst] = withItems([item('a', null, '3', '5', shift)], { shiftIs });
    if (worst?.kind !== 'table') throw new Error('no table');
    return [worst.columns[5]?.unit, worst.rows[0]![5], worst.notes.length];
  };
  expect(shown('probability', 0.61)).toMatchObject(['points', { text: '61' }, 1]);
  expect(shown(undefined, 0.61)).toMatchObject(['points', { text: '61' }, 1]);
  expect(shown('relative', 0.12)).toMatchObject(['%', { text: '12' }, 1]);
  expect(shown('absolute', 2)).toMatchObject(['', { text: expect.stringMatching(/^2(\.0+)?$/) as string }, 1]);
  expect(shown('none', 1)).toEqual([undefined, undefined, 0]);
});
