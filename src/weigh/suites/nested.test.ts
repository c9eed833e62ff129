import { expect, test } from 'vitest';
import { answersIn, entitiesIn, keyOf, listOf, textOf, thingOf } from './nested.ts';

test('entities end with their last character', () => {
  const passage = {
    text: 'Tracy Morgan returns to New York.',
    entities: [
      { start: 0, end: 11 },
      { start: 24, end: 31 },
    ],
  };
  expect(entitiesIn(passage, 'row')).toEqual(['Tracy Morgan', 'New York']);
});

test('offsets count characters, also beyond the basic plane', () => {
  const passage = {
    text: '🎭 Amy in 🗽',
    entities: [
      { start: 2, end: 4 },
      { start: 9, end: 9 },
      { start: 2, end: 4 },
    ],
  };
  expect(entitiesIn(passage, 'row')).toEqual(['Amy', '🗽']);
});

test('answers of a nested row keep their three numbers', () => {
  const row = {
    idx: 27,
    passage: {
      questions: [
        {
          idx: 313,
          answers: [
            { idx: 1617, label: 1 },
            { idx: 1618, label: 0 },
          ],
        },
      ],
    },
  };
  expect(answersIn(row, 'row').map(({ paragraph, question, answer }) => [paragraph, question, answer])).toEqual([
    ['27', '313', '1617'],
    ['27', '313', '1618'],
  ]);
});

test('what is not there is said with its place', () => {
  expect(() => answersIn({ idx: 1, passage: { questions: [{ idx: 2 }] } }, 'val.jsonl: row 3')).toThrow(
    'val.jsonl: row 3: question 1: answers: expected a list',
  );
  expect(() => entitiesIn({ text: 'a', entities: [{ start: 0 }] }, 'row')).toThrow('without start and end');
  expect(() => thingOf([], 'a')).toThrow('a: expected an object');
  expect(() => listOf({}, 'a')).toThrow('expected a list');
  expect(() => textOf(1, 'a')).toThrow('expected a text');
  expect(() => keyOf(null, 'a')).toThrow('expected an idx');
  expect(keyOf(5n, 'a')).toBe('5');
});
