import { describe, expect, test } from 'vitest';
import { buildReport } from '../build.ts';
import type { StoreRecord } from '../../contracts/index.ts';
import type { Block } from '../blocks.ts';
import { richFixture, richMetrics } from '../testing/rich.ts';

const blocks = buildReport(richFixture(), richMetrics);
const section = blocks.slice(
  blocks.findIndex((block) => block.kind === 'heading' && block.text === 'How it was measured'),
);
const listAfter = (title: string): readonly string[] => {
  const at = section.findIndex((block) => block.kind === 'heading' && block.text === title);
  const list = section[at + 1];
  return list?.kind === 'list' ? list.items : [];
};
const folded = (title: string): readonly Block[] => {
  const found = section.find((block) => block.kind === 'details' && block.title === title);
  return found?.kind === 'details' ? found.blocks : [];
};

describe('keep in mind', () => {
  const items = listAfter('Keep in mind');

  test('each warning once, for the family where many metrics share it', () => {
    expect(items.length).toBeLessThanOrEqual(9);
    expect(items.filter((item) => item.includes('imprecise session'))).toEqual([
      expect.stringMatching(/^Speed and load \(\d+ metrics\): imprecise session/) as string,
    ]);
    expect(items.filter((item) => item.includes('not an MLPerf result'))).toHaveLength(1);
    expect(items.some((item) => item.startsWith('Energy per request and CO₂ per million requests: an estimate'))).toBe(
      true,
    );
  });

  test('what the scenario names and what has no value says what it lacks, and is in no table', () => {
    const why = 'it needs 662 calls and there were 600';
    const without = richFixture().map((record): StoreRecord =>
      record.kind !== 'measure' || record.evaluator !== 'load/latency'
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
                      measurements: outcome.measurements.map((one) => ({
                        ...one,
                        value: Number.NaN,
                        low: Number.NaN,
                        high: Number.NaN,
                        caveat: why,
                      })),
                    },
              ]),
            ),
          },
    );
    const told = JSON.stringify(buildReport(without, richMetrics));
    expect(told).toContain(`: ${why}.`);
    expect(told).not.toContain('not a number');
    expect(told).toContain('"no value"');
  });

  test('remarks that weaken nothing are folded away, whole', () => {
    expect(items.join()).not.toContain('the worst is');
    const [list] = folded('Remarks on single metrics');
    const remarks = list?.kind === 'list' ? list.items : [];
    expect(remarks).toContain('Accuracy of the worst group and largest loss of a group: the worst is style=learner.');
    expect(remarks).toContain('Groups compared: style=<b>x</b>|y (8 examples; 30 are needed).');
  });
});

test('methods are grouped by family, without the counts of single metrics', () => {
  const [table] = folded('Methods behind the intervals');
  if (table?.kind !== 'table') throw new Error('no table');
  const rows = table.rows.map((row) => row.map((cell) => ('text' in cell ? cell.text : '')));
  expect(rows).toContainEqual(['Quality and calibration', 'Tango score interval over paired examples', 'accuracy']);
  expect(rows).toContainEqual([
    'Robustness',
    'Difference in differences, paired bootstrap over examples',
    'accuracy lost to changes',
  ]);
  expect(rows.filter(([side]) => side === 'Quality and calibration')).toHaveLength(2);
  for (const [, method] of rows) expect(method).not.toMatch(/\d{2}/);
});

test('the time by the clock, and what it went into, add up', () => {
  const [table] = folded('What the time went into');
  if (table?.kind !== 'table') throw new Error('no table');
  const rows = table.rows.map((row) => row.map((cell) => ('text' in cell ? cell.text : '')));
  const facts = section.find((block) => block.kind === 'facts');
  const told = facts?.kind === 'facts' ? facts.items.find(({ label }) => label === 'Time spent')?.value : undefined;
  expect(told).toBe(`${rows.at(-1)![1]} by the clock`);
  expect(rows.at(-1)).toEqual(['Together', expect.any(String), '100 %']);
  expect(rows.at(-2)![0]).toMatch(/^Other/);
});
