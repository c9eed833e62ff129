import { describe, expect, test } from 'vitest';
import type { Measurement, StoreRecord } from '../../contracts/index.ts';
import { buildReport } from '../build.ts';
import type { Block, Cell } from '../blocks.ts';
import { fixture } from '../testing/fixture.ts';
import { metrics } from '../testing/metrics.ts';
import { richFixture, richMetrics } from '../testing/rich.ts';

const section = (records: readonly StoreRecord[], specs = richMetrics): readonly Block[] => {
  const blocks = buildReport(records, specs);
  const start = blocks.findIndex((block) => block.kind === 'heading' && block.text === 'How it holds up');
  if (start < 0) return [];
  const length = blocks.slice(start + 1).findIndex((block) => block.kind === 'heading');
  return blocks.slice(start, start + 1 + length);
};
const tableOf = (blocks: readonly Block[], caption: string): Extract<Block, { kind: 'table' }> => {
  const found = blocks.find((block) => block.kind === 'table' && block.caption === caption);
  if (found?.kind !== 'table') throw new Error(`no table ${caption}`);
  return found;
};
const text = (cell: Cell | undefined): string => (cell !== undefined && 'text' in cell ? cell.text : '–');

const withLoss = (versus: { value: number; low: number; high: number }): readonly StoreRecord[] =>
  richFixture().map((record): StoreRecord =>
    record.kind !== 'measure'
      ? record
      : {
          ...record,
          outcomes: Object.fromEntries(
            Object.entries(record.outcomes).map(([id, outcome]) => [
              id,
              outcome.kind === 'failed'
                ? outcome
                : {
                    ...outcome,
                    measurements: outcome.measurements.map((one): Measurement =>
                      one.metric === 'robustness-loss' && one.versus !== undefined
                        ? { ...one, versus: { ...one.versus, ...versus } }
                        : one,
                    ),
                  },
            ]),
          ),
        },
  );

describe('less robust, or only less accurate', () => {
  const sentence = (versus: { value: number; low: number; high: number }): unknown => section(withLoss(versus))[1];

  test('the difference in differences decides, by its interval', () => {
    expect(sentence({ value: 0.031, low: 0.022, high: 0.04 })).toMatchObject({
      text: expect.stringMatching(
        /^It is less robust, not only less accurate.*\+3\.1 points \[\+2\.2, \+4\.0\]\.$/,
      ) as string,
    });
    expect(sentence({ value: -0.03, low: -0.05, high: -0.01 })).toMatchObject({
      text: expect.stringMatching(/^It is more robust/) as string,
    });
    expect(sentence({ value: 0.004, low: -0.01, high: 0.02 })).toMatchObject({
      text: expect.stringMatching(/^It is not shown to be less robust.*chance alone/) as string,
    });
    expect(sentence({ value: 0, low: 0, high: 0 })).toMatchObject({
      text: expect.stringContaining('exactly as many') as string,
    });
  });
});

describe('tables of kinds, tests and attacks', () => {
  const blocks = section(richFixture());

  test('kinds in words, beside the original', () => {
    const { rows, columns } = tableOf(blocks, 'Right answers on changed texts');
    expect(columns.map(({ title }) => title)).toEqual([
      'Change',
      'Original',
      'This version',
      'Difference',
      'In a word',
    ]);
    expect(rows.map(([cell]) => text(cell))).toContain('Typing errors');
    expect(rows.map(([cell]) => text(cell))).toContain('Look-alike characters');
  });

  test('attacks with what they cost', () => {
    const { rows, columns } = tableOf(blocks, 'Right answers under attack');
    expect(columns.at(-1)?.title).toBe('Queries of an attack');
    expect(rows.map(([cell]) => text(cell))).toEqual(['DeepWordBug', 'TextFooler', 'PWWS', 'HotFlip']);
  });

  test('texts that attacks found, folded away', () => {
    const folded = blocks.find((block) => block.kind === 'details');
    if (folded?.kind !== 'details') throw new Error('nothing is folded');
    expect(folded.title).toBe('Texts that attacks found (1)');
    const { rows } = tableOf(folded.blocks, 'What was changed, and what the version says then');
    expect(rows[0]!.map(text)).toEqual([
      'deepwordbug',
      'my card was charged twice <b>please</b> help',
      'my crad was chraged twice <b>please</b> help',
      'billing',
      'other',
    ]);
  });

  test('fifths of common and uncommon words in their order, with how far the answers moved', () => {
    const { rows, columns, notes } = tableOf(blocks, 'Common and uncommon words');
    expect(columns.at(-1)?.title).toBe('Distance on uncommon words (KL)');
    expect(rows.map(([cell]) => text(cell))).toEqual([
      'Lowest fifth by subwords per word',
      'Fourth fifth by subwords per word',
      'Top fifth by subwords per word',
      'Lowest fifth by rarity of words',
      'Top fifth by rarity of words',
    ]);
    expect(rows.map((row) => text(row.at(-1)))).toEqual(['–', '–', '–', '0.003 nats', '0.010 nats']);
    expect(notes).toEqual([]);
  });

  test('behavior tests by name, the largest loss first', () => {
    const { rows } = tableOf(blocks, 'Behavior tests that fail');
    expect(rows.map(([cell]) => text(cell))).toContain('“refunds on their way”');
  });

  test('nothing where nothing of the kind was measured', () => {
    expect(section(fixture('chosen'), metrics)).toEqual([]);
  });
});
