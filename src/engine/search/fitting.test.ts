import { expect, test } from 'vitest';
import { fitting } from './fitting.ts';

const asks = (...rungs: number[]) => rungs.map((rung) => ({ rung }));
const trial = (rung: number, seconds: number) => ({ rung, seconds });

test('while nothing is known, a first batch is as large as the time may bear, and one at least', () => {
  expect(fitting(asks(0, 0, 0, 0), [], 36)).toBe(2);
  expect(fitting(asks(0, 0, 0, 0), [], 600)).toBe(4);
  expect(fitting(asks(0, 0), [], 3)).toBe(1);
  expect(fitting([], [], 600)).toBe(0);
});

test('a batch is no larger than what is left: looks take what the longest took', () => {
  const known = [trial(0, 10), trial(0, 7)];
  expect(fitting(asks(0, 0, 0), known, 36)).toBe(1);
  expect(fitting(asks(0, 0, 0), known, 37)).toBe(2);
  expect(fitting(asks(0, 0), [...known, trial(0, 13)], 36)).toBe(0);
});

test('a rung that was not looked at yet takes as long as the longest look of all', () => {
  const known = [trial(0, 2), trial(1, 20)];
  expect(fitting(asks(0, 0), known, 30)).toBe(2);
  expect(fitting(asks(2, 0), known, 30)).toBe(0);
  expect(fitting(asks(2, 0), known, 44)).toBe(2);
});

test('looks that took no time fit always', () => {
  expect(fitting(asks(0, 0), [trial(0, 0)], 0)).toBe(2);
});
