import { expect, test } from 'vitest';
import { reshapedUnits, segments } from './reshape.ts';

const units = (...list: number[]): Int32Array => Int32Array.from(list);

test('runs of axes that a Reshape keeps apart', () => {
  expect(segments(['B', 'S', 8], ['B', 'S', 2, 4])).toEqual([
    { a: [2], b: [2, 3] },
    { a: [1], b: [1] },
    { a: [0], b: [0] },
  ]);
  // The sizes at the front do not compare: they are left out.
  expect(segments(['B', 'S', 8], ['?', 8])).toEqual([{ a: [2], b: [1] }]);
  expect(segments(['B', 4, 3, 3], ['B', 36])).toEqual([
    { a: [1, 2, 3], b: [1] },
    { a: [0], b: [0] },
  ]);
  expect(segments(['B', 2, 2, 'S', 4], ['B', 4, 'S', 4]).at(2)).toEqual({ a: [1, 2], b: [1] });
});

test('units go where their axis goes', () => {
  expect(reshapedUnits(['B', 'S', 4], ['B', 'S', 2, 2], 2, units(0, 0, 1, 1))).toEqual({ axis: 2, units: units(0, 1) });
  expect(reshapedUnits(['B', 'S', 4], ['B', 'S', 2, 2], 2, units(0, 1, 0, 1))).toEqual({ axis: 3, units: units(0, 1) });
  expect(reshapedUnits(['B', 'S', 2, 2], ['B', 'S', 4], 2, units(0, 1))).toEqual({ axis: 2, units: units(0, 0, 1, 1) });
  expect(reshapedUnits(['B', 3, 2, 2], ['B', 12], 1, units(0, -1, 2))).toEqual({
    axis: 1,
    units: units(0, 0, 0, 0, -1, -1, -1, -1, 2, 2, 2, 2),
  });
  expect(reshapedUnits(['B', 'S', 4], ['?', 4], 2, units(3, 2, 1, 0))).toEqual({ axis: 1, units: units(3, 2, 1, 0) });
});

test('what cannot be followed', () => {
  expect(reshapedUnits(['B', 'S', 4], ['B', 'S', 2, 2], 2, units(0, 1, 2, 3))).toContain('spreads each unit');
  expect(reshapedUnits(['B', 2, 'S', 4], ['?', 'S', 4], 1, units(0, 1))).toContain('whose sizes are not known');
});
