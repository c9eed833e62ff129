import { expect, test } from 'vitest';
import { anatomyOf, type Anatomy } from '../anatomy/index.ts';
import { followed, shapeOf, type Wanted } from './shape.ts';
import { toyTeacher } from './testing/toy.ts';

const teacher = anatomyOf(toyTeacher()) as Anatomy;
const none: Wanted = { layers: 0, width: 0, heads: 0, ffn: 0, embedding: 0, positions: 0 };
const shape = (wanted: Partial<Wanted>) => shapeOf(teacher, { ...none, ...wanted }, 40, 3);

test('half of the teacher where nothing is asked for', () => {
  expect(shape({})).toEqual({
    layers: 1,
    width: 8,
    heads: 1,
    ffn: 32,
    vocabulary: 40,
    positions: 16,
    labels: 3,
  });
});

test('what is asked for', () => {
  const wanted = { layers: 2, width: 12, heads: 3, ffn: 20, embedding: 4, positions: 8 };
  expect(shape(wanted)).toEqual({ ...wanted, vocabulary: 40, labels: 3 });
  // As wide as the student: no projection.
  expect(shape({ embedding: 8 })).not.toHaveProperty('embedding');
});

test.each([
  ['layers 3 would be larger', { layers: 3 }],
  ['width 17 would be larger', { width: 17 }],
  ['ffn 33 would be larger', { ffn: 33 }],
  ['positions 17 would be larger', { positions: 17 }],
  ['not a multiple of 3 heads', { heads: 3 }],
  ['as large as the model', { layers: 2, width: 16, ffn: 32 }],
])('refuses: %s', (reason, wanted) => {
  expect(shape(wanted)).toMatchObject({ reason: expect.stringContaining(reason) });
});

test('layers are spread evenly, and the last follows the last', () => {
  expect(followed(2, 4)).toEqual([1, 3]);
  expect(followed(1, 4)).toEqual([3]);
  expect(followed(4, 4)).toEqual([0, 1, 2, 3]);
  expect(followed(3, 12)).toEqual([3, 7, 11]);
});
