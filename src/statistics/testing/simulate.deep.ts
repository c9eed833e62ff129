import { expect, test } from 'vitest';
import { asPromised, cases, simulate } from './simulate.ts';

const runs = 2000;

test.each(cases)('$what: $name', (one) => {
  const share = simulate(one, runs, 1_000_000);
  expect(asPromised(one, share, runs), `${(100 * share).toFixed(2)} % of ${runs}`).toBe(true);
});
