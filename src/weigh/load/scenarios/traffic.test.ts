import { expect, test } from 'vitest';
import { expectedTraffic } from './traffic.ts';

test('options come before the scenario, and the scenario before what is assumed', () => {
  const traffic = { requestsPerSecond: 50, latencyLimitMs: 20 };
  expect(expectedTraffic({ traffic }, { rate: 5, limitMs: 7 }, 2)).toMatchObject({
    rate: 5,
    limitMs: 7,
    assumedRate: null,
  });
  expect(expectedTraffic({ traffic }, { rate: 0, limitMs: 0 }, 2)).toMatchObject({
    rate: 50,
    limitMs: 20,
    assumedLimit: null,
  });
  const assumed = expectedTraffic({}, {}, 2);
  expect(assumed).toMatchObject({ rate: 250, limitMs: 20 });
  expect(assumed.assumedRate).toMatch(/250\/s, half of what the original can do/);
  expect(assumed.assumedLimit).toMatch(/20\.0 ms was assumed/);
});
