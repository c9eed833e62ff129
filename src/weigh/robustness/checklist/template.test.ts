import { expect, test } from 'vitest';
import { seeded } from '../../../statistics/index.ts';
import { fill, fillings, slotsOf } from './template.ts';

const lists = { city: ['Rome', 'Oslo', 'Lima'], name: ['Anna', 'Omar'] };
const draw = (seed = 1) => seeded(seed, 'template');

test('slots, each once; braces by doubling', () => {
  expect(slotsOf('{name} goes from {city} to {city2}, {name}! {{city}}')).toEqual([
    { slot: 'name', list: 'name' },
    { slot: 'city', list: 'city' },
    { slot: 'city2', list: 'city' },
  ]);
  expect(fill('{name}: {{name}} {city2}', { name: 'Anna', city2: 'Oslo' })).toBe('Anna: {name} Oslo');
});

test('all combinations where they are few, two slots of a list never alike', () => {
  const slots = slotsOf('{name} {city} {city2}');
  const all = fillings(slots, lists, 100, draw());
  expect(all).toHaveLength(2 * 3 * 2);
  expect(new Set(all.map((one) => JSON.stringify(one))).size).toBe(12);
  expect(all.every((one) => one['city'] !== one['city2'])).toBe(true);
  expect(fillings([], lists, 5, draw())).toEqual([{}]);
});

test('some, different and drawn by seed, where there are more', () => {
  const slots = slotsOf('{name} {city}');
  expect(fillings(slots, lists, 4, draw())).toHaveLength(4);
  expect(fillings(slots, lists, 4, draw())).toEqual(fillings(slots, lists, 4, draw()));
  const wide = { a: Array.from({ length: 1000 }, (_, at) => `v${at}`) };
  const many = fillings(slotsOf('{a} {a2} {a3} {a4}'), wide, 50, draw());
  expect(new Set(many.map((one) => JSON.stringify(one))).size).toBe(50);
  expect(fillings(slotsOf('{a} {a2}'), wide, 50, draw(2))).not.toEqual(
    fillings(slotsOf('{a} {a2}'), wide, 50, draw(3)),
  );
});

test('more slots than values: no filling', () => {
  expect(fillings(slotsOf('{name} {name2} {name3}'), lists, 10, draw())).toEqual([]);
});
