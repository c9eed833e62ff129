import { expect, test } from 'vitest';
import type { ChoiceRecord, Measurement, Verdict } from '../contracts/index.ts';
import { columnsOf, matrixBlocks, oneForAll, type MatrixRow } from './matrix.ts';
import { toTerminal } from './render/terminal.ts';
import { metrics } from './testing/metrics.ts';

const speed = (value: number): Measurement => ({
  metric: 'latency-p50',
  unit: 'ms',
  value: 10 * value,
  low: 9 * value,
  high: 11 * value,
  confidence: 0.95,
  samples: 40,
  versus: {
    kind: 'ratio',
    value,
    low: value * 0.95,
    high: value * 1.05,
    evidence: { kind: 'bootstrap', probabilities: [0.5], values: [value] },
    method: 'paired bootstrap',
  },
});
const row = (
  scenario: string,
  chosen: string | null,
  of: Readonly<Record<string, readonly [Verdict, number]>>,
): MatrixRow => ({
  scenario,
  prefer: ['latency-p50'],
  choice: {
    chosen,
    nearest: null,
    why: ['it is the best in median latency'],
    candidates: Object.entries(of).map(([id, [verdict]]) => ({
      id,
      verdict,
      gates: [],
      onFront: false,
      dominatedBy: [],
    })),
  } as unknown as ChoiceRecord,
  measured: new Map(Object.entries(of).map(([id, [, value]]) => [id, [speed(value)]])),
});
const known = new Map(metrics.map((metric) => [metric.id, metric]));
const rows = [
  row('Chat', 'small', { small: ['pass', 0.5], tiny: ['fail', 0.2] }),
  row('Kiosk', 'tiny', { small: ['pass', 0.6], tiny: ['pass', 0.3] }),
];

test('columns are the original and who won somewhere; the best of each row is marked', () => {
  expect(columnsOf(rows)).toEqual(['baseline', 'small', 'tiny']);
  const text = toTerminal(matrixBlocks(rows, metrics), { width: 140 });
  expect(text).toMatch(/Chat .* ✓ ★ PASS −50 % \[.*\] +✗ FAIL −80\.0 %/);
  expect(text).toMatch(/Kiosk .* ✓ PASS −40 % \[.*\] +✓ ★ PASS −70\.0 %/);
  expect(text).toContain('Chat: small. It is the best in median latency.');
});

test('one version for all is the one that passes everywhere, with what it costs', () => {
  expect(oneForAll(rows, known)).toBe(
    'One version for all: small. Against the best of each: Kiosk: 100 % worse in median latency than its best.',
  );
  expect(oneForAll([rows[0]!, rows[0]!], known)).toContain('It is the best everywhere.');
});

test('where none passes everywhere, that is said, and where it does not', () => {
  const split = [rows[0]!, row('Phone', 'tiny', { small: ['undecided', 0.5], tiny: ['pass', 0.2] })];
  expect(oneForAll(split, known)).toBe(
    'No version meets the conditions of every scenario. tiny meets those of 1 of 2: not Chat.',
  );
  expect(oneForAll([row('Nothing', null, { small: ['fail', 2] })], known)).toContain('No version qualifies');
});
