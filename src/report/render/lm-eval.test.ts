import { expect, test } from 'vitest';
import { fixture } from '../testing/fixture.ts';
import { ids } from '../testing/fixture-measures.ts';
import { richFixture, richMetrics } from '../testing/rich.ts';
import { metrics } from '../testing/metrics.ts';
import type { MeasureRecord, StoreRecord } from '../../contracts/index.ts';
import { normalQuantile } from '../../statistics/index.ts';
import { toLmEval } from './lm-eval.ts';

interface Results {
  readonly results: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly 'n-samples': unknown;
  readonly higher_is_better: unknown;
  readonly config: Readonly<Record<string, unknown>>;
  readonly model_name: string;
  readonly steelyard: { readonly left_out: Readonly<Record<string, string>>; readonly model_digest: string };
}
const read = (records: readonly StoreRecord[], only?: string): Results[] => {
  const all = JSON.parse(toLmEval(records, richMetrics, normalQuantile, only)) as Results | Results[];
  return Array.isArray(all) ? all : [all];
};

test('accuracy is acc with s ÷ √n; a results object a version, the original first', () => {
  const all = read(fixture('chosen'));
  expect(all).toHaveLength(6);
  // 924 right of 1,000: √(0.924 · 0.076 ÷ 999), the sample deviation with n − 1 over √n.
  expect(all[0]!.results['support_desk']).toEqual({
    alias: 'Support desk',
    'acc,none': 0.924,
    'acc_stderr,none': expect.closeTo(0.0083842, 6) as number,
  });
  expect(all[0]).toMatchObject({
    model_name: 'model/',
    'n-samples': { support_desk: { original: 1000, effective: 1000 } },
    'n-shot': { support_desk: 0 },
    versions: { support_desk: 1 },
    higher_is_better: { support_desk: { acc: true } },
    config: { model_args: 'version=baseline', model_num_parameters: 3_690_260, random_seed: 7 },
  });
});

test('what has the same name and another definition is left out, with the reason', () => {
  const [first] = read(fixture('chosen'));
  expect(Object.keys(first!.results['support_desk']!).join()).not.toContain('f1');
  expect(first!.steelyard.left_out['f1-macro']).toContain('positive class');
});

test('brier_score has no standard error there; mcc has the spread of the bootstrap', () => {
  const quality = fixture('chosen').find((record): record is MeasureRecord => record.kind === 'measure')!;
  const mcc = {
    metric: 'matthews',
    unit: 'score' as const,
    value: 0.9,
    low: 0.88,
    high: 0.92,
    confidence: 0.95,
    samples: 1000,
  };
  const more: MeasureRecord = { ...quality, outcomes: { baseline: { kind: 'measured', measurements: [mcc] } } };
  const [first] = read([...richFixture(), more], 'baseline');
  expect(first!.results['support_desk']).toMatchObject({
    'brier_score,none': 0.118,
    'brier_score_stderr,none': 'N/A',
    'mcc,none': 0.9,
    'mcc_stderr,none': expect.closeTo(0.02 / 1.959964, 6) as number,
  });
  expect(first!.higher_is_better).toMatchObject({ support_desk: { acc: true, brier_score: false, mcc: true } });
});

test('one version alone is one object, as that harness writes it', () => {
  const text = toLmEval(fixture('chosen'), metrics, normalQuantile, ids.half);
  const one = JSON.parse(text) as Results;
  expect(one.model_name).toBe(ids.half);
  expect(one.steelyard.model_digest).toBe(`sha256:${'3'.repeat(64)}`);
});

test('held-back data is a task of its own, for the versions that were measured on it', () => {
  const [original, , , both, half] = read(fixture('chosen'));
  expect(both!.results['support_desk_holdback']!['acc,none']).toBe(0.923);
  expect(Object.keys(original!.results)).toEqual(['support_desk', 'support_desk_holdback']);
  expect(Object.keys(half!.results)).toEqual(['support_desk']);
});

test('nothing comparable is refused', () => {
  const only = fixture('chosen').filter((record) => record.kind !== 'measure' || record.evaluator === 'load/latency');
  expect(() => toLmEval(only, metrics, normalQuantile)).toThrow(
    expect.objectContaining({ code: 'report/no-lm-eval' }) as Error,
  );
});
