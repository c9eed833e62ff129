import { describe, expect, test } from 'vitest';
import { tooFew, type Example } from '../../contracts/index.ts';
import { familiesOf } from './families.ts';

const example = (id: number, groups: Readonly<Record<string, string>>): Example => ({
  id: String(id),
  text: 't',
  label: 'a',
  groups,
});
/** 100 rows: 60 young (30 of them abroad), 40 old (all at home). */
const people = Array.from({ length: 100 }, (_, at) =>
  example(at, { age: at < 60 ? 'young' : 'old', place: at < 30 ? 'abroad' : 'home' }),
);
const all = [...people.keys()];

describe('groups of each column and of each pair', () => {
  test('crossings that are one of the groups over again are left out', () => {
    const { families, refused } = familiesOf(people, ['age', 'place'], all, true);
    expect(families.map(({ name, groups }) => [name, groups.map((group) => [group.name, group.rows.length])])).toEqual([
      [
        'age',
        [
          ['age=young', 60],
          ['age=old', 40],
        ],
      ],
      [
        'place',
        [
          ['place=home', 70],
          ['place=abroad', 30],
        ],
      ],
      // young × abroad is all of abroad, old × home is all of old: only young × home is new.
      ['age × place', [['age × place=young × home', 30]]],
    ]);
    expect(refused).toEqual([]);
    expect(families[2]!.of[10]).toBe(-1);
    expect(families[2]!.of[45]).toBe(0);
  });

  test('a pair whose crossings are all old vanishes', () => {
    const nested = people.map((one) => ({ ...one, groups: { age: one.groups['age']!, same: one.groups['age']! } }));
    expect(familiesOf(nested, ['age', 'same'], all, true).families.map(({ name }) => name)).toEqual(['age', 'same']);
  });

  test('small groups, groups of one, missing values and too many values are named', () => {
    const rows = people.map((one, at) =>
      example(at, {
        ...(at < 5 ? {} : { age: at === 99 ? 'ancient' : at > 85 ? 'old' : 'young' }),
        customer: `c${at % 2 === 0 ? at : at + 1000}x${at}`,
      }),
    );
    const more = [...rows, ...rows.map((one, at) => ({ ...one, groups: { ...one.groups, customer: `d${at}` } }))];
    const { families, refused, remarks } = familiesOf(more, ['age', 'customer'], [...more.keys()], false);
    expect(families[0]!.groups.map(({ name }) => name)).toEqual(['age=young']);
    expect(families[0]!.missing).toBe(10);
    expect(families[1]!.groups).toEqual([]);
    expect(refused).toEqual([tooFew('age=old', 26), tooFew('age=ancient', 2)]);
    expect(remarks).toEqual(['10 examples have no age', '"customer" has 200 values: too many to report one by one']);
  });

  test('only the given rows count', () => {
    const { families } = familiesOf(people, ['age'], all.slice(20), true);
    expect(families[0]!.groups.map(({ rows }) => rows.length)).toEqual([40, 40]);
    expect(families[0]!.of).toHaveLength(80);
  });

  test('many columns: the pairs are refused, not guessed at', () => {
    const wide = people.map((one, at) =>
      example(at, Object.fromEntries('abcde'.split('').map((key) => [key, `${at % 2}`]))),
    );
    const { families, refused, remarks } = familiesOf(wide, 'abcde'.split(''), all, true);
    expect(families).toHaveLength(5);
    expect(refused).toEqual([]);
    expect(remarks).toEqual(['5 group columns have 10 pairs: crossings are reported for at most 6']);
  });

  test('crossings below 30 are counted', () => {
    const rows = Array.from({ length: 140 }, (_, at) =>
      example(at, { age: at < 70 ? 'young' : 'old', place: at % 7 === 0 ? 'abroad' : at % 2 === 0 ? 'home' : 'work' }),
    );
    const { families, refused, remarks } = familiesOf(rows, ['age', 'place'], [...rows.keys()], true);
    expect(families[2]!.groups).toHaveLength(4);
    expect(refused).toEqual([tooFew('place=abroad', 20)]);
    expect(remarks).toEqual(['2 crossings of age × place have fewer than 30 examples']);
  });
});
