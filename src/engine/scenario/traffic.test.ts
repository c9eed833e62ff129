import { expect, test } from 'vitest';
import { metrics } from '../../weigh/index.ts';
import { parseScenario } from './parse.ts';

const text = (more: string): string => `model: m
task: { type: text-classification }
data: { evaluation: e.jsonl }
${more}`;

test('a scenario names its traffic, its limit and what else it costs', async () => {
  const { traffic, price } = await parseScenario(
    's.yaml',
    text(`traffic: { requests-per-second: 50, latency-limit: 20 ms, requests-per-month: 1000000 }
price:
  per-hour: 0.1
  currency: EUR
  cores: 2
  other: [{ name: human review, per-month: 200 }, { name: audit, once: 500 }]`),
    metrics,
  );
  expect(traffic).toEqual({ batchSize: 1, requestsPerSecond: 50, latencyLimitMs: 20, requestsPerMonth: 1_000_000 });
  expect(price).toEqual({
    perHour: 0.1,
    currency: 'EUR',
    cores: 2,
    other: [
      { name: 'human review', perMonth: 200 },
      { name: 'audit', once: 500 },
    ],
  });
});

test.each([
  [
    'traffic: { latency-limit: "20" }',
    /s\.yaml:4:\d+: latency-limit is "20", expected a number above 0 with the unit ms/,
  ],
  ['traffic: { latency-limit: 5 MB }', /unit ms/],
  ['traffic: { requests-per-second: 0 }', /requests-per-second/],
  ['price: { per-hour: 1, currency: EUR, cores: 1, other: [{ name: x }] }', /price\.other\[0\]/],
])('refuses %s', async (more, says) => {
  await expect(parseScenario('s.yaml', text(more), metrics)).rejects.toThrow(says);
});
