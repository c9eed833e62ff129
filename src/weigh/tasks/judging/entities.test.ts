import { expect, test } from 'vitest';
import { entitiesOf, type Scheme } from './entities.ts';

const read = (tags: string, scheme: Scheme = 'lenient'): string =>
  entitiesOf(tags.split(' '), scheme)
    .map(({ type, start, end }) => `${type} ${start}-${end}`)
    .join(', ');

test('lenient reading takes whatever can be an entity (conlleval’s rules)', () => {
  expect(read('B-PER I-PER O B-LOC')).toBe('PER 0-2, LOC 3-4');
  expect(read('I-PER I-PER O')).toBe('PER 0-2');
  expect(read('B-PER B-PER')).toBe('PER 0-1, PER 1-2');
  expect(read('B-PER I-LOC')).toBe('PER 0-1, LOC 1-2');
  expect(read('B-PER E-PER S-LOC')).toBe('PER 0-2, LOC 2-3');
  expect(read('E-PER E-PER')).toBe('PER 0-1, PER 1-2');
  expect(read('B-PER L-PER U-LOC O')).toBe('PER 0-2, LOC 2-3');
  expect(read('O O')).toBe('');
  expect(read('B I O')).toBe('_ 0-2');
  expect(read('B-low-cost I-low-cost')).toBe('low-cost 0-2');
});

test('strict reading takes what the scheme writes in full (seqeval’s strict mode)', () => {
  // The example of seqeval's documentation: an entity without its B is none in IOB2.
  expect(read('I-NP I-NP O', 'IOB2')).toBe('');
  expect(read('B-NP I-NP O', 'IOB2')).toBe('NP 0-2');
  expect(read('B-NP I-VP', 'IOB2')).toBe('NP 0-1');
  expect(read('I-NP B-NP I-NP', 'IOB1')).toBe('NP 0-1, NP 1-3');
  expect(read('O B-NP', 'IOB1')).toBe('');
  expect(read('B-PER I-PER E-PER S-LOC O', 'IOBES')).toBe('PER 0-3, LOC 3-4');
  expect(read('B-PER I-PER O S-LOC', 'IOBES')).toBe('LOC 3-4');
  expect(read('B-PER E-PER', 'IOBES')).toBe('PER 0-2');
  expect(read('B-PER L-PER U-LOC I-LOC', 'BILOU')).toBe('PER 0-2, LOC 2-3');
  expect(read('I-PER E-PER E-PER O', 'IOE2')).toBe('PER 0-2, PER 2-3');
  expect(read('I-PER I-PER O', 'IOE1')).toBe('PER 0-2');
  expect(read('I-PER E-PER I-PER', 'IOE1')).toBe('PER 0-2, PER 2-3');
});

test('a tag of another scheme is refused', () => {
  expect(() => read('PER', 'lenient')).toThrowError(expect.objectContaining({ code: 'task/tags' }));
  expect(() => read('B-PER S-PER', 'IOB2')).toThrowError(/"S-PER" does not start with one of I, O, B/);
});
