import { expect, test } from 'vitest';
import { choiceLabels, multipleChoice } from './multiple-choice.ts';
import { exampleOf, numbersOf, resultOf, textInputs, tokenizerOf } from './testing/text.ts';

const task = (inputs = textInputs(), labels = ['0', '1', '2']) =>
  multipleChoice({ tokenizer: tokenizerOf('wordPiece'), labels, inputs, output: 'y', maxLength: 16 });
const example = exampleOf({ text: 'where', choices: ['my order', 'card'], label: '1' });

test('one choice per row, and their scores are the classes’', () => {
  const one = task();
  const parts = one.parts!(example);
  expect(parts).toHaveLength(2);
  expect(one.parts!(example)).toBe(parts);
  expect(numbersOf(one.encode([parts[0]!]).feeds['input_ids'])).toEqual([2, 11, 3, 13, 8, 3]);
  expect([
    ...one.decode(
      resultOf({
        y: [
          [2, 1],
          [3, 4],
        ],
      }),
      2,
      parts,
    ),
  ]).toEqual([3, 4]);
  // A choice that is not there has no chance.
  expect([...one.answer!(example, [Float32Array.of(3), Float32Array.of(4)]).numbers]).toEqual([3, 4, 3 - 10_000]);
});

test('models that take all choices at once get them so', () => {
  const one = task(textInputs(['N', 2, 'T']), ['0', '1']);
  expect(one.parts).toBeUndefined();
  expect(one.encode([example, example]).feeds['input_ids']!.dims).toEqual([2, 2, 6]);
  expect(one.bucket!(example)).toBe('2 of 6');
  const [row] = [
    one.decode(
      resultOf({
        y: [
          [1, 2],
          [3, 4],
        ],
      }),
      1,
      [example],
    ),
  ];
  expect([...one.answer!(example, [row]).numbers]).toEqual([3, 4]);
  expect(() => one.encode([example, exampleOf({ text: 'a', choices: ['a'] })])).toThrowError(
    /different numbers of choices/,
  );
});

test('a second text stands before each choice', () => {
  const one = task();
  const [first] = one.parts!(exampleOf({ text: 'where', pair: 'is', choices: ['card'] }));
  expect(numbersOf(one.encode([first!]).feeds['input_ids'])).toEqual([2, 11, 3, 12, 9, 3]);
});

test('how many choices there are must be known', () => {
  expect(choiceLabels(['A', 'B'], textInputs())).toEqual(['A', 'B']);
  expect(choiceLabels(undefined, textInputs(['N', 3, 'T']))).toEqual(['0', '1', '2']);
  expect(() => choiceLabels(undefined, textInputs())).toThrowError(expect.objectContaining({ code: 'task/labels' }));
  expect(() => task().encode([exampleOf({ text: 'a', choices: ['a', 'a', 'a', 'a'] })])).toThrowError(
    /4 choices, expected 1 to 3/,
  );
  expect(() => task().encode([exampleOf({ choices: ['a'] })])).toThrowError(/no text/);
});
