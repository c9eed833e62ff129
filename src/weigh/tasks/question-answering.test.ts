import { expect, test } from 'vitest';
import type { Span } from '../../contracts/index.ts';
import { questionAnswering, spanOutputs } from './question-answering.ts';
import { exampleOf, resultOf, textInputs, tokenizerOf } from './testing/text.ts';

const task = (maxLength: number, settings: Parameters<typeof questionAnswering>[1] = {}) =>
  questionAnswering(
    { tokenizer: tokenizerOf('wordPiece'), inputs: textInputs(), outputs: ['s', 'e'], maxLength },
    settings,
  );
const example = exampleOf({ text: 'lost card ?', pair: 'Where is my order please track it' });
/** Scores of one window of `size` tokens; what is not named is −9. */
const window = (size: number, start: Record<number, number>, end: Record<number, number>): Float32Array =>
  Float32Array.from([start, end].flatMap((some) => Array.from({ length: size }, (_, at) => some[at] ?? -9)));
const answerOf = (one: ReturnType<typeof task>, ...rows: Float32Array[]): Span =>
  one.answer!(example, rows).answer as Span;

test('the best piece of the text, letter for letter', () => {
  // Tokens 5 to 11 are the text: where is my order please track it.
  expect(answerOf(task(32), window(13, { 7: 4 }, { 8: 3 }))).toEqual({
    text: 'my order',
    start: 9,
    end: 17,
    score: 7,
    none: -18,
  });
  // Neither the question nor an end before the start is an answer.
  expect(answerOf(task(32), window(13, { 1: 9, 9: 5 }, { 2: 9, 6: 8, 10: 1 })).text).toBe('please track');
});

test('answers are no longer than allowed', () => {
  const scores = window(13, { 5: 5 }, { 11: 5, 6: 2 });
  expect(answerOf(task(32), scores).text).toBe('Where is my order please track it');
  expect(answerOf(task(32, { maxAnswerLength: 3 }), scores).text).toBe('Where is');
});

test('windows of a long text are rows of their own; the best of all wins', () => {
  const one = task(10, { docStride: 2 });
  const parts = one.parts!(example);
  expect(parts).toHaveLength(3);
  expect(one.parts!(example)).toBe(parts);
  expect(parts.map((part) => one.bucket!(part))).toEqual(['10', '10', '9']);
  expect(one.encode(parts).feeds['input_ids']!.dims).toEqual([3, 10]);
  expect(one.encode([example]).feeds['input_ids']!.dims).toEqual([3, 10]);
  const rows = [window(10, { 5: 1 }, { 5: 1 }), window(10, { 7: 3 }, { 8: 3 }), window(9, { 5: 2 }, { 5: 2 })];
  expect(answerOf(one, ...rows).text).toBe('please track');
});

test('no answer is given only where a threshold allows it', () => {
  const rows = window(13, { 0: 6, 7: 4 }, { 0: 5, 8: 3 });
  expect(answerOf(task(32), rows).text).toBe('my order');
  expect(answerOf(task(32, { noAnswerThreshold: 0 }), rows)).toMatchObject({ text: '', score: 7, none: 11 });
  expect(answerOf(task(32, { noAnswerThreshold: 5 }), rows).text).toBe('my order');
});

test('rows hold start and end scores', () => {
  const one = task(32);
  const result = resultOf({
    s: [
      [2, 3],
      [1, 2, 3, 4, 5, 6],
    ],
    e: [
      [2, 3],
      [7, 8, 9, 10, 11, 12],
    ],
  });
  expect([...one.decode(result, 2, [])]).toEqual([1, 2, 3, 7, 8, 9, 4, 5, 6, 10, 11, 12]);
  expect(() =>
    one.decode(
      resultOf({
        s: [
          [1, 2],
          [1, 2],
        ],
        e: [[1, 1], [1]],
      }),
      1,
      [],
    ),
  ).toThrowError(/differ in shape/);
});

test('finds the two outputs by their names', () => {
  const named = (...names: string[]) => names.map((name) => ({ name, type: null }));
  expect(spanOutputs(named('end_logits', 'start_logits'))).toEqual(['start_logits', 'end_logits']);
  expect(spanOutputs(named('a', 'b'))).toEqual(['a', 'b']);
  expect(() => spanOutputs(named('logits'))).toThrowError(expect.objectContaining({ code: 'task/output' }));
});
