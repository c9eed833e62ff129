import { expect, test } from 'vitest';
import { isBroken, openLine, type Reply, type Searching } from './questions.ts';
import type { Score, Text } from './types.ts';

const texts = (...some: readonly string[]): readonly Text[] => some.map((text) => ({ text }));

/** Answer every question of a search with the number of the text's letters. */
const drive = <T>(searching: Searching<T>): { readonly result: T; readonly asked: readonly string[][] } => {
  const asked: string[][] = [];
  let reply: Reply = [];
  for (;;) {
    const { done, value } = searching.next(reply);
    if (done === true) return { result: value, asked };
    if (value.kind !== 'ask') throw new Error('only texts');
    asked.push(value.texts.map(({ text }) => text));
    reply = value.texts.map(({ text }): Score => ({ predicted: 0, danger: text.length }));
  }
};
const dangers = (scores: readonly Score[]): readonly number[] => scores.map(({ danger }) => danger);

test('asks each text once and counts distinct ones', () => {
  const line = openLine(10);
  const first = drive(line.ask(texts('a', 'bb', 'a')));
  expect(first.asked).toEqual([['a', 'bb']]);
  expect(dangers(first.result)).toEqual([1, 2, 1]);
  const second = drive(line.ask(texts('bb', 'ccc')));
  expect(second.asked).toEqual([['ccc']]);
  expect(dangers(second.result)).toEqual([2, 3]);
  expect(line.queries()).toBe(3);
});

test('asks nothing when all is known or nothing is wanted', () => {
  const line = openLine(10);
  drive(line.ask(texts('a')));
  expect(drive(line.ask(texts('a'))).asked).toEqual([]);
  expect(drive(line.ask([])).asked).toEqual([]);
});

test('answers only as far as the queries reach', () => {
  const line = openLine(3);
  expect(dangers(drive(line.ask(texts('a', 'bb'))).result)).toEqual([1, 2]);
  expect(line.spent()).toBe(false);
  const { result, asked } = drive(line.ask(texts('ccc', 'dddd', 'a')));
  expect(asked).toEqual([['ccc']]);
  expect(dangers(result)).toEqual([3]);
  expect(line.spent()).toBe(true);
  expect(drive(line.ask(texts('e'))).result).toEqual([]);
  expect(line.queries()).toBe(3);
});

test('an answer is broken when it is not the label', () => {
  const item = { id: '', text: { text: '' }, label: 1 };
  expect(isBroken({ predicted: 0, danger: 0.4 }, item)).toBe(true);
  expect(isBroken({ predicted: 1, danger: 0.4 }, item)).toBe(false);
});
