import { expect, test } from 'vitest';
import type { MeasureRecord, Measurement, MetricSpec, StoreRecord } from '../contracts/index.ts';
import type { Block } from './blocks.ts';
import { buildReport, toHtml } from './index.ts';
import { fixture } from './testing/fixture.ts';
import { shapes } from './testing/fixture-measures.ts';
import { metrics } from './testing/metrics.ts';

const many: readonly MetricSpec[] = Array.from({ length: 60 }, (_, at) => ({
  id: `metric-${at}`,
  title: `Metric number ${at}`,
  unit: 'proportion',
  better: 'higher',
  versus: 'difference',
  definition: `What metric ${at} says about a version, in a sentence of the usual length, with its source (Somebody ${1960 + at}).`,
}));

/** 60 metrics × 20 versions × 20 slices. */
const large = (): StoreRecord[] => {
  const records = fixture('chosen');
  const like = records.find((record): record is MeasureRecord => record.kind === 'measure')!;
  const names = [
    ...shapes.map(({ id }) => id),
    ...Array.from({ length: 15 }, (_, at) => `prune/heads(share=0.${at + 10})`),
  ];
  const measurement = (metric: string, slice?: string): Measurement => ({
    metric,
    unit: 'proportion',
    value: 0.9,
    low: 0.88,
    high: 0.92,
    confidence: 0.95,
    samples: 1000,
    ...(slice === undefined ? {} : { slice }),
    versus: {
      kind: 'difference',
      value: -0.01,
      low: -0.03,
      high: 0.01,
      evidence: { kind: 'exact' },
      method: 'paired bootstrap over 1,000 examples, 2,000 draws',
    },
  });
  const measurements = many.flatMap(({ id }) => [
    measurement(id),
    ...Array.from({ length: 20 }, (_, at) => measurement(id, `kind=kind-${at}`)),
  ]);
  const build = records.find((record) => record.kind === 'build')!;
  return [
    ...records,
    ...names.slice(5).map((id): StoreRecord => ({ ...build, chain: { id, steps: [], session: {} } })),
    {
      ...like,
      evaluator: 'robustness/everything',
      outcomes: Object.fromEntries(['baseline', ...names].map((id) => [id, { kind: 'measured', measurements }])),
    },
  ];
};

const count = (blocks: readonly Block[]): { blocks: number; rows: number } => {
  let [all, rows] = [0, 0];
  for (const block of blocks) {
    all += 1;
    if (block.kind === 'table') rows += block.rows.length;
    if (block.kind === 'details') {
      const inner = count(block.blocks);
      all += inner.blocks;
      rows += inner.rows;
    }
  }
  return { blocks: all, rows };
};

test('60 metrics × 20 versions × 20 slices stay a page that a browser opens: few blocks, under 2 MB', () => {
  const blocks = buildReport(large(), [...metrics, ...many]);
  const { blocks: all, rows } = count(blocks);
  expect(all).toBeLessThan(200);
  // All metrics of all versions twice (side by side with methods, and on pages), and the slices of one version.
  expect(rows).toBeLessThan(2 * 60 * 21 + 60 * 21 + 600);
  expect(Buffer.byteLength(toHtml(blocks))).toBeLessThan(2e6);
});

test('what was measured once is not searched again for every row', () => {
  // Reading every array of measurements once a cell would be 60 × 20 × 1,260 × … looks: count what is looked at.
  let looked = 0;
  const records = large().map((record): StoreRecord => {
    if (record.kind !== 'measure' || record.evaluator !== 'robustness/everything') return record;
    const outcomes = Object.fromEntries(
      Object.entries(record.outcomes).map(([id, outcome]) => [
        id,
        outcome.kind === 'failed'
          ? outcome
          : {
              ...outcome,
              measurements: outcome.measurements.map((one) =>
                Object.defineProperty({ ...one }, 'metric', {
                  enumerable: true,
                  get: () => {
                    looked += 1;
                    return one.metric;
                  },
                }),
              ),
            },
      ]),
    );
    return { ...record, outcomes };
  });
  buildReport(records, [...metrics, ...many]);
  expect(looked).toBeLessThan(21 * 60 * 21 * 40);
});
