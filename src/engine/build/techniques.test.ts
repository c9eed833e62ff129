import { expect, test } from 'vitest';
import { techniques } from '../../optimize/index.ts';
import { describeTechniques } from './techniques.ts';

test('every technique is described as it declares itself, with the page of what it was worth', () => {
  const all = describeTechniques();
  expect(all.map(({ id }) => id)).toEqual(techniques.map(({ id }) => id));
  const page = (id: string) => describeTechniques(id)[0]!.measured;
  expect(page('prune/2-4')).toBe('bench/what-shrinks.md');
  expect(page('quantize/aware')).toBe('bench/what-shrinks.md');
  expect(page('quantize/dynamic')).toBe('bench/what-pays.md');
  expect(() => describeTechniques('prune/nothing')).toThrowError(expect.objectContaining({ code: 'usage/technique' }));
});
