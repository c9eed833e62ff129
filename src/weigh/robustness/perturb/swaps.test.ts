import { expect, test } from 'vitest';
import { applied } from '../testing/apply.ts';
import { cities, countries, givenNames, names, numbers, places } from './swaps.ts';

test('a name becomes another of its gender, the same one throughout', () => {
  const [first, , second] = applied(names, 'Anna met ANNA').split(' ') as [string, string, string];
  expect(givenNames.female).toContain(first);
  expect(first).not.toBe('Anna');
  expect(second).toBe(first.toUpperCase());
  expect(givenNames.male.map((one) => one.toLowerCase())).toContain(applied(names, 'peter'));
  expect(applied(names, 'Annabel and the banner')).toBe('Annabel and the banner');
});

test('cities become cities, countries become countries', () => {
  for (let seed = 0; seed < 10; seed++) {
    const [city, country] = applied(places, 'Paris, Italy', {}, seed).split(', ') as [string, string];
    expect(cities).toContain(city);
    expect(countries).toContain(country);
    expect([city, country]).not.toContain('Paris');
    expect([city, country]).not.toContain('Italy');
  }
});

test('numbers keep their digits’ count and never stay; single digits and codes stay', () => {
  for (let seed = 0; seed < 200; seed++) {
    const changed = applied(numbers, '10', {}, seed);
    expect(changed).toMatch(/^[1-9][0-9]$/);
    expect(changed).not.toBe('10');
  }
  expect(applied(numbers, '7 days, A12, 3rd')).toBe('7 days, A12, 3rd');
  expect(applied(numbers, 'order #26417')).toMatch(/^order #[1-9][0-9]{4}$/);
});
