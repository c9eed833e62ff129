import { expect, test } from 'vitest';
import { applied } from '../testing/apply.ts';
import { extraSpace } from './extra-space.ts';

test('HELM: each run of spaces becomes one, two or three, equally often; other white space stays', () => {
  const text = 'a b  c     d\te\n'.repeat(3000);
  const changed = applied(extraSpace, text);
  expect(changed.replace(/ +/g, '')).toBe(text.replace(/ +/g, ''));
  const runs = changed.match(/ +/g)!.map((run) => run.length);
  expect(runs).toHaveLength(9000);
  for (const length of [1, 2, 3])
    expect(Math.abs(runs.filter((one) => one === length).length / 9000 - 1 / 3)).toBeLessThan(0.015);
});

test('the option says how many at most', () => {
  const runs = applied(extraSpace, 'a b '.repeat(200), { most: 2 }).match(/ +/g)!;
  expect(new Set(runs.map((run) => run.length))).toEqual(new Set([1, 2]));
});
