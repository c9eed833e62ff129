import { expect, test } from 'vitest';
import { gramsPerMillion, joulesOf, usualWattsPerThread, worldGridIntensity } from './footprint.ts';

test('10 ms of one thread at 4 W are 0.04 J, and a million such requests 5.3 g at the world’s average', () => {
  expect(joulesOf(10, usualWattsPerThread)).toBeCloseTo(0.04);
  // 40 kJ = 0.01111 kWh · 475 g.
  expect(gramsPerMillion(0.04, worldGridIntensity)).toBeCloseTo(5.2778, 4);
});
