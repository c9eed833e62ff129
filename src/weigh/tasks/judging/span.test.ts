import { expect, test } from 'vitest';
import type { Predictions, Span } from '../../../contracts/index.ts';
import { exampleOf } from '../testing/text.ts';
import { answerF1, judgeSpans } from './span.ts';

const span = (text: string): Span => ({ text, start: 0, end: text.length, score: 0, none: 0 });
const predictions = (...texts: readonly string[]): Predictions => ({
  labels: [],
  predicted: new Int32Array(),
  scores: new Float32Array(),
  truncated: 0,
  answers: texts.map(span),
});
const examples = [
  exampleOf({ id: '1', pair: 'It was built in Paris, France.', gold: ['Paris', 'Paris, France'] }),
  exampleOf({ id: '2', pair: 'It was built in Paris, France.', gold: [] }),
  exampleOf({ id: '3', pair: 'The Eiffel Tower stands.', gold: ['Eiffel Tower'] }),
];

test('words shared with the nearest accepted answer, without case, punctuation and articles', () => {
  expect(answerF1('the Eiffel tower!', 'Eiffel Tower')).toBe(1);
  expect(answerF1('Eiffel Tower stands', 'Eiffel Tower')).toBeCloseTo(0.8, 12);
  expect(answerF1('a a b', 'a b b')).toBeCloseTo(2 / 3, 12);
  expect([answerF1('', ''), answerF1('x', ''), answerF1('', 'x')]).toEqual([1, 0, 0]);
});

test('exact match and F1 over questions; no answer is right where there is none', () => {
  const given = predictions('in Paris France', '', 'the Eiffel Tower');
  const judged = judgeSpans(true).judge(examples, given, given);
  expect(judged.values()[0]).toBeCloseTo(2 / 3, 12);
  // "in paris france" against "paris france": 2·2 / (3 + 2).
  expect(judged.values()[1]).toBeCloseTo((0.8 + 1 + 1) / 3, 12);
  expect([...judged.right!]).toEqual([0, 1, 1]);
  expect([...judged.values([1, 0, 1])]).toEqual([0.5, expect.closeTo(0.9, 12)]);
  expect(judged.caveat).toBeUndefined();
});

test('questions about one text belong together', () => {
  const given = predictions('', '', '');
  expect(Array.from(judgeSpans(true).judge(examples, given, given).clusters!)).toEqual([0, 0, 1]);
});

test('says that unanswerable questions need a threshold; refuses answers that are not in the text', () => {
  const given = predictions('', '', '');
  expect(judgeSpans(false).judge(examples, given, given).caveat).toMatch(/1 questions have no answer/);
  expect(() => judgeSpans(false).check([exampleOf({ pair: 'a text', gold: ['elsewhere'] })], 'data')).toThrowError(
    /"elsewhere"/,
  );
  judgeSpans(false).check(examples, 'data');
});
