import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { frontChances } from './front-chance.ts';

const exact = (...objectives: number[]) => ({ objectives, errors: objectives.map(() => 0) });

test('without errors the front is the front, and its knee the best compromise', () => {
  const looks = [exact(0, 10), exact(2, 2), exact(10, 0), exact(3, 3), exact(11, 11)];
  const front = frontChances(looks);
  expect(front.map(({ at, chance, knee }) => [at, chance, knee])).toEqual([
    [0, 1, false],
    [1, 1, true],
    [2, 1, false],
  ]);
});

test('two that cannot be told apart in one objective share the chance', () => {
  const alike = { objectives: [1], errors: [0.5] };
  const chances = frontChances([alike, alike]).map(({ chance }) => chance);
  expect(chances[0]! + chances[1]!).toBe(1);
  expect(Math.abs(chances[0]! - 0.5)).toBeLessThan(0.04);
});

test('the chance is about how often a look of the same precision would put it on the front', () => {
  const looks = [
    { objectives: [0, 0.4], errors: [0.1, 0.1] },
    { objectives: [0.1, 0.3], errors: [0.1, 0.1] },
  ];
  const random = seeded(3, 'front');
  let on = 0;
  const draws = 4000;
  for (let i = 0; i < draws; i++) {
    const [a, b] = looks.map(({ objectives, errors }) => objectives.map((x, at) => x + errors[at]! * random.normal()));
    if (!b!.every((x, at) => x < a![at]!)) on++;
  }
  expect(frontChances(looks).find(({ at }) => at === 0)!.chance - on / draws).toBeCloseTo(0, 1);
});

test('one objective has no knee, and nothing has no front', () => {
  expect(frontChances([exact(1), exact(2), exact(3)])).toEqual([{ at: 0, chance: 1, knee: false }]);
  expect(frontChances([])).toEqual([]);
});
