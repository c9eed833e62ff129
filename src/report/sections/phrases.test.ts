import { describe, expect, test } from 'vitest';
import type { Gate } from '../../contracts/index.ts';
import { richMetrics } from '../testing/rich.ts';
import { conditionText, nounOf, ratioPhrase, sliceText } from './phrases.ts';

const spec = (id: string) => richMetrics.find((metric) => metric.id === id)!;
const say = (gate: Gate): string => conditionText(gate, spec(gate.metric), 'EUR');

describe('conditions in plain words', () => {
  test.each<[Gate, string]>([
    [
      { metric: 'typo-accuracy', limit: { kind: 'worse-by-at-most', value: 0.02 } },
      'Accuracy on texts with typing errors: at most 2 points worse than the original',
    ],
    [
      { metric: 'robust-accuracy', slice: 'kind=homoglyph', limit: { kind: 'worse-by-at-most', value: 0.03 } },
      'Accuracy on changed texts (look-alike characters): at most 3 points worse than the original',
    ],
    [
      { metric: 'robust-accuracy', slice: '*', limit: { kind: 'at-least', value: 0.8 } },
      'Accuracy on changed texts (every kind): at least 80 %',
    ],
    [
      { metric: 'accuracy', slice: '*', limit: { kind: 'worse-by-at-most', value: 0.05 } },
      'Accuracy (every group): at most 5 points worse than the original',
    ],
    [
      { metric: 'worst-group-accuracy', limit: { kind: 'worse-by-at-most', value: 0 } },
      'Accuracy of the worst group: not worse than the original',
    ],
    [
      { metric: 'server-latency-p99', limit: { kind: 'at-most', value: 40 } },
      '99th percentile under load: at most 40 ms',
    ],
    [
      { metric: 'checklist-failures', slice: 'test=money back', limit: { kind: 'at-most', value: 0.1 } },
      'Failing behavior tests (test “money back”): at most 10 %',
    ],
    [
      { metric: 'brier', limit: { kind: 'worse-by-at-most', value: 0.01 } },
      'Brier score: at most 0.01 worse than the original',
    ],
    [
      { metric: 'uncommon-accuracy', slice: 'fertility=top fifth', limit: { kind: 'worse-by-at-most', value: 0.05 } },
      'Accuracy on uncommon words (top fifth by subwords per word): at most 5 points worse than the original',
    ],
    [
      { metric: 'peak-rate', limit: { kind: 'worse-by-at-most', value: -0.2 } },
      'Largest rate within the limit: at least 20 % higher than the original',
    ],
    [
      { metric: 'accuracy-under-attack', slice: '*', limit: { kind: 'at-least', value: 0.2 } },
      'Accuracy under attack (every attack): at least 20 %',
    ],
  ])('%j', (gate, text) => {
    expect(say(gate)).toBe(text);
  });

  test('a metric that nobody declares is named as it is', () => {
    expect(conditionText({ metric: 'gone', limit: { kind: 'at-most', value: 3 } }, undefined, null)).toBe(
      'gone: at most 3',
    );
  });
});

test('slices in words; what is unknown stays', () => {
  expect(sliceText('style=casual')).toBe('style = casual');
  expect(sliceText('groups=style')).toBe('by style');
  expect(sliceText('attack=pwws')).toBe('attack PWWS');
  expect(sliceText('kept=90 %')).toBe('90 % of usual texts kept');
  expect(sliceText('kind=never-seen')).toBe('never-seen');
  expect(sliceText('a=b=c')).toBe('a = b=c');
});

test('names of people keep their capitals inside a sentence', () => {
  expect(nounOf(spec('matthews'))).toBe('Matthews correlation');
  expect(nounOf(spec('brier'))).toBe('Brier score');
  expect(nounOf(spec('ece'))).toBe('calibration error');
});

test('ratios of new metrics are sentences too', () => {
  const versus = (value: number) => ({
    kind: 'ratio' as const,
    value,
    low: value * 0.95,
    high: value * 1.05,
    evidence: { kind: 'exact' as const },
    method: '',
  });
  expect(ratioPhrase(spec('server-latency-p99'), versus(0.5)).text).toMatch(
    /^gives its slowest answers under load \(p99\) 2\.00× faster/,
  );
  expect(ratioPhrase(spec('peak-rate'), versus(1.8)).text).toMatch(
    /^bears 1\.8\d?× the rate of requests within the limit/,
  );
  expect(ratioPhrase(spec('peak-rate'), versus(1.01)).text).toBe('bears the same rate of requests within the limit');
});
