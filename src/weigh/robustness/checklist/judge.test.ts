import { expect, test } from 'vitest';
import { judgeCase, type Answer } from './judge.ts';
import type { TestFile } from './schema.ts';

const labels = ['a', 'b', 'c'];
const answer = (...confidence: number[]): Answer => ({
  predicted: confidence.indexOf(Math.max(...confidence)),
  confidence,
});
const shared = { name: 'x', templates: ['t'] };
const change = { append: ['!'] };
const inv = (tolerance?: number): TestFile => ({
  ...shared,
  type: 'INV',
  change,
  ...(tolerance === undefined ? {} : { tolerance }),
});
const dir = (expectation: Extract<TestFile, { type: 'DIR' }>['expect']): TestFile => ({
  ...shared,
  type: 'DIR',
  change,
  expect: expectation,
});

test('MFT: the answer is the label, or one of several', () => {
  const mft = (label: string | string[]): TestFile => ({ ...shared, type: 'MFT', label });
  expect(judgeCase(mft('a'), labels, answer(0.6, 0.3, 0.1), [])).toBe(true);
  expect(judgeCase(mft('b'), labels, answer(0.6, 0.3, 0.1), [])).toBe(false);
  expect(judgeCase(mft(['b', 'a']), labels, answer(0.6, 0.3, 0.1), [])).toBe(true);
});

test('INV: the same answer, or its probability within the tolerance of 0.1', () => {
  const before = answer(0.5, 0.4, 0.1);
  expect(judgeCase(inv(), labels, before, [answer(0.9, 0.1, 0)])).toBe(true);
  expect(judgeCase(inv(), labels, before, [answer(0.42, 0.48, 0.1)])).toBe(true);
  expect(judgeCase(inv(), labels, before, [answer(0.4, 0.5, 0.1)])).toBe(true);
  expect(judgeCase(inv(), labels, before, [answer(0.39, 0.51, 0.1)])).toBe(false);
  expect(judgeCase(inv(0), labels, before, [answer(0.42, 0.48, 0.1)])).toBe(false);
});

test('a case fails with its worst variant', () => {
  const before = answer(0.8, 0.1, 0.1);
  expect(judgeCase(inv(), labels, before, [answer(0.8, 0.1, 0.1), answer(0.2, 0.7, 0.1)])).toBe(false);
});

test('DIR, up: may not fall by more than the tolerance; what is within it of 0 cannot fail and does not count', () => {
  const up = dir({ goes: 'up', label: 'b', tolerance: 0.1 });
  expect(judgeCase(up, labels, answer(0.5, 0.4, 0.1), [answer(0.4, 0.5, 0.1)])).toBe(true);
  expect(judgeCase(up, labels, answer(0.5, 0.4, 0.1), [answer(0.6, 0.3, 0.1)])).toBe(true);
  expect(judgeCase(up, labels, answer(0.5, 0.4, 0.1), [answer(0.65, 0.25, 0.1)])).toBe(false);
  expect(judgeCase(up, labels, answer(0.8, 0.1, 0.1), [answer(0.9, 0, 0.1)])).toBeNull();
});

test('DIR, down: the mirror', () => {
  const down = dir({ goes: 'down', tolerance: 0.05 });
  // Without a label: the probability of the first answer.
  expect(judgeCase(down, labels, answer(0.7, 0.2, 0.1), [answer(0.6, 0.3, 0.1)])).toBe(true);
  expect(judgeCase(down, labels, answer(0.7, 0.2, 0.1), [answer(0.76, 0.14, 0.1)])).toBe(false);
  expect(judgeCase(down, labels, answer(0.96, 0.02, 0.02), [answer(1, 0, 0)])).toBeNull();
});

test('DIR: becomes and leaves', () => {
  const before = answer(0.7, 0.2, 0.1);
  expect(judgeCase(dir({ becomes: ['b', 'c'] }), labels, before, [answer(0.1, 0.2, 0.7)])).toBe(true);
  expect(judgeCase(dir({ becomes: 'b' }), labels, before, [answer(0.1, 0.2, 0.7)])).toBe(false);
  expect(judgeCase(dir({ leaves: 'a' }), labels, before, [answer(0.1, 0.2, 0.7)])).toBe(true);
  expect(judgeCase(dir({ leaves: 'a' }), labels, before, [before])).toBe(false);
  expect(judgeCase(dir({ leaves: 'b' }), labels, before, [before])).toBeNull();
});

test('variants that cannot fail do not save or sink the others', () => {
  const leaves = dir({ goes: 'up', label: 'b', tolerance: 0.1 });
  expect(judgeCase(leaves, labels, answer(0.5, 0.4, 0.1), [answer(0.5, 0.4, 0.1), answer(0.8, 0.1, 0.1)])).toBe(false);
});
