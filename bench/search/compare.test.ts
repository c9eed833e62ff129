import { expect, test } from 'vitest';
import { grid } from '../../src/decide/search/grid.ts';
import { random } from '../../src/decide/search/random.ts';
import { compare, truthOf } from './compare.ts';
import { exhaustiveSeconds, replay, type LookTable } from './look-table.ts';
import { plot } from './plot.ts';

/** Ten combinations: the first objective falls, the second grows; the last misses a condition. */
const small: LookTable = {
  format: 1,
  scenario: 'small',
  machine: { cpu: 'any', cores: 1 },
  dimensions: [{ id: 'a', title: 'a', values: [...'0123456789'], ordered: true }],
  seeds: [[0]],
  objectives: ['latency', 'size'],
  rungs: [
    { name: 'glance', cost: 0.5 },
    { name: 'full', cost: 1 },
  ],
  rows: Array.from({ length: 10 }, (_, a) => ({
    point: [a],
    chain: `c${a}`,
    buildSeconds: 1,
    looks: [0, 1].map((rung) => ({
      rung,
      outcome: { kind: 'looked', objectives: [-a / 10, a], errors: [0, 0], misses: a === 9 ? 1 : 0, hopeless: false },
      seconds: rung + 1,
    })),
  })),
};

test('everything is worth one, takes what it takes, and a build is paid once', () => {
  expect(exhaustiveSeconds(small)).toBe(30);
  expect(truthOf(small)).toMatchObject({ best: -0.8, feasible: 9 });
  const look = replay(small);
  expect(look([{ point: [3], rung: 0 }])[0]!.seconds).toBe(2);
  expect(look([{ point: [3], rung: 1 }])[0]!.seconds).toBe(2);
  expect(() => look([{ point: [11], rung: 0 }])).toThrow('not in the table');
  const [all] = compare(small, [grid], [1], [1]);
  expect(all).toMatchObject({ volume: 1, looks: 10, seconds: 30 });
  expect(all!.regret).toBe(0);
});

test('with less time less is found; regret is how much worse the choice is', () => {
  const [some] = compare(small, [grid], [0.3], [1]);
  expect(some!.looks).toBeLessThan(5);
  expect(some!.volume).toBeLessThan(0.7);
  expect(some!.regret).toBeGreaterThan(0.3);
  expect(compare(small, [random], [0.5], [1, 2])).toEqual(compare(small, [random], [0.5], [1, 2]));
});

test('the plot has its axes, units and names', () => {
  const drawn = plot([
    {
      title: 'a < b',
      xLabel: 'time, %',
      yLabel: 'volume, %',
      yMax: 100,
      lines: [{ name: 'one', points: [{ x: 5, y: 50 }] }],
    },
  ]);
  for (const text of ['a &lt; b', 'time, %', 'volume, %', '>one<', '<polyline']) expect(drawn).toContain(text);
});
