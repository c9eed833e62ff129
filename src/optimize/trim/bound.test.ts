import { expect, test } from 'vitest';
import { edit } from '../../model/graph/index.ts';
import { model } from '../testing/quantized.ts';
import { aheadOf, boundOf } from './bound.ts';

const constants = `zero = int64[] {0}; one = int64[] {1}; two = int64[] {2}; row = int64[1] {0}; col = int64[1] {1}
  buffer = int64[1, 8] {0, 1, 2, 3, 4, 5, 6, 7}; later = int64[8] {2, 3, 4, 5, 6, 7, 8, 9}`;
const bound = (text: string, of = 'y') =>
  boundOf(
    edit(
      model(
        `ids: int64[B, S]; attention_mask: int64[B, S]; position_ids: int64[B, S]; past: float32[B, 4, P, 8]; ${constants}; shape = Shape(ids); n = Gather(shape, one); ${text}`,
      ),
    ),
    of,
  );

test.each([
  ['a range', 'y = Range(zero, n, one); -> y', { length: -1, fixed: null }],
  [
    'a range, shaped and moved by two',
    'r = Range(zero, n, one); u = Unsqueeze(r, row); c = Cast(u) {to: 7}; y = Add(c, two); -> y',
    { length: 1, fixed: null },
  ],
  [
    'a buffer cut to the length',
    'e = Unsqueeze(n, row); y = Slice(buffer, row, e, col, col); -> y',
    { length: -1, fixed: null },
  ],
  [
    'a buffer that begins at two',
    'e = Unsqueeze(n, row); y = Slice(later, row, e, row); -> y',
    { length: 1, fixed: null },
  ],
  [
    'counting what is no padding',
    'q = Equal(ids, one); k = Not(q); m = Cast(k) {to: 6}; s = CumSum(m, one); p = Mul(s, m); c = Cast(p) {to: 7}; y = Add(c, one); -> y',
    { length: 1, fixed: null },
  ],
  [
    'counting a mask before each place',
    'y = CumSum(attention_mask, one) {exclusive: 1}; -> y',
    { length: -1, fixed: null },
  ],
  ['positions as an input', 'y = Identity(position_ids); -> y', { length: -1, fixed: null }],
  ['a constant', 'y = Identity(buffer); -> y', { length: null, fixed: 7 }],
  ['one of two', 'r = Range(zero, n, one); q = Equal(ids, one); y = Where(q, r, two); -> y', { length: -1, fixed: 2 }],
])('bounds %s', (_, text, expected) => {
  expect(bound(text)).toEqual(expected);
});

test.each([
  ['ids', 'y = Identity(ids); -> y'],
  ['a length beyond the inputs’', 's = Shape(past); p = Gather(s, two); e = Add(p, n); y = Range(p, e, one); -> y'],
  ['steps other than one', 'y = Range(zero, n, two); -> y'],
  ['a product of lengths', 'y = Mul(n, n); -> y'],
])('knows nothing of %s', (_, text) => {
  expect(bound(text)).toBeNull();
});

test('how far a buffer is ahead of its places', () => {
  const draft = edit(
    model(`${constants}; x: float32[4]; y = Identity(x); a = Identity(buffer); b = Identity(later); -> y, a, b`),
  );
  expect([aheadOf(draft, 'buffer'), aheadOf(draft, 'later'), aheadOf(draft, 'x'), aheadOf(draft, 'zero')]).toEqual([
    0,
    2,
    null,
    null,
  ]);
});
