import { expect, test } from 'vitest';
import { fold } from './fold.ts';

const prose = '    Stores the weights of MatMul and Gemm as 8-bit integers and quantizes their inputs at run time.';

test('a long line goes on under its beginning, every line fits, and no word is lost', () => {
  const lines = fold(prose, 40).split('\n');
  expect(lines.length).toBeGreaterThan(2);
  expect(lines.every((line) => line.length <= 40)).toBe(true);
  expect(lines[0]).toMatch(/^ {4}\S/);
  expect(lines.slice(1).every((line) => /^ {6}\S/.test(line))).toBe(true);
  expect(lines.map((line) => line.trim()).join(' ')).toBe(prose.trim());
});

test('what fits is left as it is, a word that is too long stays whole, a sliver of a terminal changes nothing', () => {
  const table = 'name      kernel    7.1 %\n\n  float32';
  expect(fold(table, 80)).toBe(table);
  expect(fold(`see ${'x'.repeat(60)} there`, 40)).toBe(`see\n  ${'x'.repeat(60)}\n  there`);
  expect(fold(prose, 20)).toBe(prose);
});
