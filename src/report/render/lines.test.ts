import { parse } from 'csv-parse/sync';
import { describe, expect, test } from 'vitest';
import type { MeasureRecord, StoreRecord } from '../../contracts/index.ts';
import { fixture } from '../testing/fixture.ts';
import { ids } from '../testing/fixture-measures.ts';
import { metrics } from '../testing/metrics.ts';
import { toCsv } from './csv.ts';
import { toJsonLines } from './jsonl.ts';
import { linesOf, type Line } from './lines.ts';

const records = fixture('chosen');
const quality = records.find(
  (record): record is MeasureRecord => record.kind === 'measure' && record.evaluator === 'quality/labels',
)!;
const read = (text: string): Line[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

describe('JSON Lines', () => {
  const lines = read(toJsonLines(records, metrics));

  test('one line for every measurement of every version and split, and one for a failure', () => {
    const measured = records.flatMap((record) =>
      record.kind === 'measure'
        ? Object.values(record.outcomes).flatMap((outcome) =>
            outcome.kind === 'measured' ? outcome.measurements.map(({ metric }) => metric) : [outcome.code],
          )
        : [],
    );
    expect(lines).toHaveLength(measured.length);
    expect(new Set(lines.map(({ split }) => split))).toEqual(new Set(['evaluation', 'holdback']));
  });

  test('a line holds everything that is needed to read it alone', () => {
    const line = lines.find(
      ({ version, metric, slice, split }) =>
        version === ids.both && metric === 'accuracy' && slice === 'style=learner' && split === 'evaluation',
    )!;
    expect(line).toMatchObject({
      scenario: 'Support desk',
      digest: `sha256:${'2'.repeat(64)}`,
      evaluator: 'quality/labels',
      evaluatorVersion: 1,
      unit: 'proportion',
      value: 135 / 152,
      confidence: 0.95,
      samples: 152,
      comparison: { kind: 'difference', value: -1 / 152, method: 'Tango score interval over 152 paired examples' },
      caveat: null,
      error: null,
    });
    expect(line.run).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(line.machine).toMatch(/^sha256:/);
    expect(lines.find(({ version }) => version === 'baseline')?.digest).toBe(`sha256:${'a'.repeat(64)}`);
  });

  test('a version that could not be measured is a line with the reason', () => {
    const failed = lines.filter(({ error }) => error !== null);
    expect(failed).toHaveLength(1);
    expect(failed[0]).toMatchObject({
      version: ids.crash,
      metric: null,
      value: null,
      error: { code: 'runtime/crashed' },
    });
  });

  test('a later measurement replaces an earlier one, also a failure; other machines stay apart', () => {
    const failed: MeasureRecord = {
      ...quality,
      outcomes: { [ids.half]: { kind: 'failed', code: 'runtime/timeout', message: 'it hung' } },
    };
    const healed = linesOf([...records, failed, quality], metrics);
    expect(healed).toHaveLength(lines.length);
    expect(healed.some(({ error }) => error?.code === 'runtime/timeout')).toBe(false);
    expect(linesOf([...records, { ...quality, machine: 'sha256:other' }], metrics).length).toBeGreaterThan(
      lines.length,
    );
  });

  test('numbers that JSON does not have are null', () => {
    const endless = records.map((record): StoreRecord =>
      record === quality
        ? {
            ...quality,
            outcomes: {
              baseline: {
                kind: 'measured',
                measurements: [
                  { metric: 'f1-macro', unit: 'score', value: 1, low: 0, high: Infinity, confidence: 0.95, samples: 3 },
                ],
              },
            },
          }
        : record,
    );
    const [line] = read(toJsonLines(endless, metrics));
    expect(line).toMatchObject({ low: 0, high: null });
  });

  test('only one version, by id or by letter; an unknown one is named', () => {
    const some = read(toJsonLines(records, metrics, ids.half));
    expect(new Set(some.map(({ version }) => version))).toEqual(new Set([ids.half]));
    expect(toJsonLines(records, metrics, 'D')).toBe(toJsonLines(records, metrics, ids.half));
    expect(() => toJsonLines(records, metrics, 'Z')).toThrow(
      expect.objectContaining({ code: 'report/no-version', hint: expect.stringContaining('(D)') as string }) as Error,
    );
    expect(() => toJsonLines([], metrics)).toThrow(expect.objectContaining({ code: 'report/empty' }) as Error);
  });
});

describe('CSV', () => {
  test('the same lines, read back by a CSV parser', () => {
    const rows = parse(toCsv(records, metrics), { columns: true }) as Record<string, string>[];
    const lines = linesOf(records, metrics);
    expect(rows).toHaveLength(lines.length);
    for (const [index, line] of lines.entries()) {
      const row = rows[index]!;
      expect(row['version']).toBe(line.version);
      expect(row['value']).toBe(line.value === null ? '' : String(line.value));
      expect(row['comparison.low']).toBe(line.comparison?.low === undefined ? '' : String(line.comparison.low));
      expect(row['error.code']).toBe(line.error?.code ?? '');
    }
  });

  test('a text never becomes a formula', () => {
    const evil: MeasureRecord = {
      ...quality,
      outcomes: { '=HYPERLINK("x")': { kind: 'failed', code: '@sum', message: 'a "quoted",\r\nlong one' } },
    };
    const text = toCsv([...records, evil], metrics);
    expect(text).toContain(`"'=HYPERLINK(""x"")"`);
    expect(text).toContain(`'@sum`);
    expect(text).toContain('"a ""quoted"",\r\nlong one"');
  });
});
