import { expect, test } from 'vitest';
import { parseText } from '../../model/graph/index.ts';
import { signatureOf } from './signature.ts';
import { toyTeacher } from './testing/toy.ts';

test('a classifier’s inputs by their meaning, in their order', () => {
  expect(signatureOf(toyTeacher(), null)).toMatchObject({
    ids: 'input_ids',
    mask: 'attention_mask',
    types: 'token_type_ids',
    positions: null,
    output: { name: 'logits' },
  });
});

test('the graph knows better than the name which input has the tokens', () => {
  const model = parseText('what: int32[N, S]; position_ids: int64[N, S]; y = Cast(what) {to: 1}; -> y: float32[N, 2]');
  expect(signatureOf(model, 'what')).toMatchObject({ ids: 'what', mask: null, types: null, positions: 'position_ids' });
});

test.each([
  ['no input holds token ids', 'attention_mask: int64[N, S]; y = Cast(attention_mask) {to: 1}; -> y: float32[N, 2]'],
  ['neither token ids', 'pixels: float32[N, 9]; y = Identity(pixels); -> y: float32[N, 9]'],
  ['batch size', 'input_ids: int64[1, S]; y = Cast(input_ids) {to: 1}; -> y: float32[1, 2]'],
  ['not declared as [batch, tokens]', 'input_ids: int64[N]; y = Cast(input_ids) {to: 1}; -> y: float32[N]'],
  ['is float32, expected int64', 'input_ids: float32[N, S]; y = Identity(input_ids); -> y: float32[N, S]'],
  [
    'it has 2 outputs',
    'input_ids: int64[N, S]; y = Cast(input_ids) {to: 1}; z = Neg(y); -> y: float32[N, S], z: float32[N, S]',
  ],
  ['is not declared as float32', 'input_ids: int64[N, S]; y = Neg(input_ids); -> y: int64[N, S]'],
  ['3 dimensions', 'input_ids: int64[N, S]; y = Cast(input_ids) {to: 1}; -> y: float32[N, S, 4]'],
  [
    'look alike',
    'input_ids: int64[N, S]; ids: int64[N, S]; s = Add(input_ids, ids); y = Cast(s) {to: 1}; -> y: float32[N, S]',
  ],
])('refuses: %s', (reason, text) => {
  expect(signatureOf(parseText(text), null)).toMatchObject({ reason: expect.stringContaining(reason) });
});
