import { describe, expect, test } from 'vitest';
import type { StoreRecord } from '../../contracts/index.ts';
import type { Block, Cell } from '../blocks.ts';
import { buildReport } from '../build.ts';
import { toHtml, toMarkdown, toTerminal } from '../index.ts';
import { fixture } from '../testing/fixture.ts';
import { groupRecord, groupSpecs, hurting, sparing, type GroupShape } from '../testing/groups.ts';
import { metrics } from '../testing/metrics.ts';

const specs = [...metrics, ...groupSpecs];
const recordsOf = (shapes: readonly GroupShape[]): StoreRecord[] => {
  const [run, ...rest] = fixture('chosen');
  return [run!, ...rest, groupRecord(shapes, rest)];
};
/** The blocks of the section. */
const section = (records: readonly StoreRecord[]): readonly Block[] => {
  const blocks = buildReport(records, specs);
  const start = blocks.findIndex((block) => block.kind === 'heading' && block.text === 'Who is hurt');
  if (start < 0) return [];
  const length = blocks.slice(start + 1).findIndex((block) => block.kind === 'heading');
  return blocks.slice(start, start + 1 + length);
};
const textOf = (cell: Cell): string =>
  cell.kind === 'none'
    ? '–'
    : cell.kind === 'number'
      ? [cell.text, cell.interval].filter(Boolean).join(' ')
      : cell.text;
const tables = (blocks: readonly Block[]) => blocks.filter((block) => block.kind === 'table');

describe('who is hurt', () => {
  test('says it first, then shows every group, the largest loss on top', () => {
    const blocks = section(recordsOf(hurting));
    expect(blocks.map(({ kind }) => kind)).toEqual([
      'heading',
      'paragraph',
      'list',
      'table',
      'table',
      'table',
      'paragraph',
    ]);
    const [groups, gaps, swaps] = tables(blocks);
    expect(groups!.columns.map(({ title }) => title)).toEqual([
      'Group',
      'Examples',
      'Original',
      'This version',
      'Difference',
      'Changed answers',
      'Harm',
    ]);
    expect(groups!.rows.map((row) => textOf(row[0]!))).toEqual([
      'style × language = learner × de',
      'style = learner',
      'language = de',
      'language = <b>en</b>',
      'style = casual',
      'style = formal',
    ]);
    expect(groups!.notes[0]).toContain('hold for all 6 groups at once');
    // One column only: its gap is not repeated as the gap of all columns.
    expect(gaps!.rows.map((row) => row.slice(0, 2).map(textOf))).toEqual([
      ['Accuracy of the worst group', 'all'],
      ['Accuracy gap between groups', 'style'],
      ['Demographic parity difference', 'style'],
    ]);
    expect(swaps!.rows.map((row) => textOf(row[1]!))).toEqual(['names', 'pronouns']);
  });

  test('names what is left out', () => {
    const last = section(recordsOf(hurting)).at(-1);
    expect(last).toMatchObject({
      kind: 'paragraph',
      text: '6 groups are large enough to report. Left out: 26 examples have no style; style=<i>poet</i> has 12 examples, 30 are needed to report it.',
    });
  });

  test('nobody hurt is said plainly', () => {
    expect(section(recordsOf(sparing))[1]).toMatchObject({
      text: expect.stringMatching(/^No group is measurably worse off/) as string,
    });
  });

  test('many groups are folded away, none is lost', () => {
    const many = Array.from({ length: 20 }, (_, at) => ({
      slice: `region=r${at}`,
      of: 100,
      right: 90,
      lost: at % 5,
      won: 1,
    }));
    const blocks = section(recordsOf(many));
    const folded = blocks.find((block) => block.kind === 'details');
    expect(folded).toMatchObject({ title: '8 more groups' });
    expect(tables(blocks)[0]!.rows).toHaveLength(12);
    expect(folded?.kind === 'details' ? tables(folded.blocks)[0]!.rows : []).toHaveLength(8);
  });

  test('accuracy by group alone is enough; without any group there is no section', () => {
    expect(section(fixture('chosen')).map(({ kind }) => kind)).toContain('table');
    const plain = fixture('chosen').map((record): StoreRecord =>
      record.kind === 'measure'
        ? {
            ...record,
            outcomes: Object.fromEntries(
              Object.entries(record.outcomes).map(([id, outcome]) => [
                id,
                outcome.kind === 'measured'
                  ? { ...outcome, measurements: outcome.measurements.filter(({ slice }) => slice === undefined) }
                  : outcome,
              ]),
            ),
          }
        : record,
    );
    expect(section(plain)).toEqual([]);
  });

  test('every renderer shows it, and nothing of the data acts', () => {
    const blocks = section(recordsOf(hurting));
    for (const text of [toHtml(blocks), toMarkdown(blocks), toTerminal(blocks)]) expect(text).toContain('Who is hurt');
    expect(toHtml(blocks)).not.toContain('<b>en');
    expect(toHtml(blocks)).not.toContain('<i>poet');
  });
});
