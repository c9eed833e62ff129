import { expect, test } from 'vitest';
import type { Chain } from '../../contracts/index.ts';
import { listSearch } from './list.ts';

const chain = (id: string): Chain => ({ id, steps: [], session: {} });

test('goes through the list, whatever order the history has, and ends', () => {
  const search = listSearch([chain('a'), chain('b'), chain('c')]);
  expect(search.next([])?.id).toBe('a');
  expect(search.next([{ id: 'b' }, { id: 'a' }])?.id).toBe('c');
  expect(search.next([{ id: 'a' }, { id: 'b' }, { id: 'c' }])).toBeNull();
  // The same history gives the same answer: a resumed run goes on where it was.
  expect(search.next([{ id: 'a' }])).toEqual(search.next([{ id: 'a' }]));
});
