import { expect, test } from 'vitest';
import type { Chain, Point, Space, TrialOutcome } from '../../contracts/index.ts';
import { allPoints } from '../../decide/search/points.ts';
import { narrowing } from './refusals.ts';

const first = ['trim', 'prune'];
const second = ['fuse', 'smooth'];
const chainOf = (point: Point): Chain => ({
  id: point.join(' '),
  steps: [first, second, ['int8', 'int4']]
    .flatMap((values, at) => (point[at] === 0 ? [] : [values[point[at]! - 1]!]))
    .map((technique) => ({ technique, options: {} })),
  session: {},
});
const dimension = (id: string) => ({ id, title: id, values: ['none', `${id} 1`, `${id} 2`], ordered: false });
const space: Space = {
  dimensions: ['first', 'second', 'third'].map(dimension),
  excluded: (point) => (point[2] === 2 ? 'int4 is slow here' : null),
};
const failed = (point: Point, steps?: number) => ({
  chain: chainOf(point),
  outcome: { kind: 'failed', reason: 'nothing to change', ...(steps === undefined ? {} : { steps }) } as TrialOutcome,
});

test('what begins like a refused chain is not asked for again; what only failed says nothing about others', () => {
  const narrowed = narrowing({ space, chainOf });
  expect(narrowed([])).toBe(space);
  expect(narrowed([failed([1, 1, 0])])).toBe(space);
  const learned = [failed([1, 1, 0], 2), failed([0, 2, 1], 1)];
  const left = narrowed(learned);
  expect(narrowed(learned)).toBe(left);
  expect(allPoints(left)).toEqual(allPoints(space)!.filter(([a, b]) => !(a === 1 && b === 1) && !(a === 0 && b === 2)));
  expect(left.excluded([1, 1, 1])).toBe('nothing to change');
  expect(left.excluded([1, 1, 2])).toBe('int4 is slow here');
});
