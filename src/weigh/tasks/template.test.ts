import { expect, test } from 'vitest';
import { readTemplate } from './template.ts';

const shape = (raw: unknown) => {
  const { single, pair } = readTemplate(raw);
  const text = (pieces: typeof single): string =>
    pieces.map((piece) => `${piece.kind === 'special' ? piece.id : piece.which}:${piece.type}`).join(' ');
  return [text(single), text(pair)];
};

test('reads each kind of post-processor', () => {
  expect(shape(null)).toEqual(['A:0', 'A:0 B:0']);
  expect(shape({ type: 'BertProcessing', cls: ['[CLS]', 1], sep: ['[SEP]', 2] })).toEqual([
    '1:0 A:0 2:0',
    '1:0 A:0 2:0 B:1 2:1',
  ]);
  expect(shape({ type: 'RobertaProcessing', cls: ['<s>', 0], sep: ['</s>', 2] })).toEqual([
    '0:0 A:0 2:0',
    '0:0 A:0 2:0 2:0 B:0 2:0',
  ]);
  expect(shape({ type: 'ByteLevel' })).toEqual(['A:0', 'A:0 B:0']);
  const bert = { type: 'BertProcessing', cls: ['[CLS]', 1], sep: ['[SEP]', 2] };
  expect(shape({ type: 'Sequence', processors: [{ type: 'ByteLevel' }, bert] })[0]).toBe('1:0 A:0 2:0');
  const template = {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: 'X', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [
      { Sequence: { id: 'A', type_id: 0 } },
      { SpecialToken: { id: 'X', type_id: 0 } },
      { Sequence: { id: 'B', type_id: 1 } },
    ],
    special_tokens: { X: { id: 'X', ids: [8, 9], tokens: ['X', 'Y'] } },
  };
  expect(shape(template)).toEqual(['8:0 9:0 A:0', 'A:0 8:0 9:0 B:1']);
});

test.each([
  [{ type: 'Unheard' }, /"Unheard" is not known/],
  [
    { type: 'TemplateProcessing', single: [{ SpecialToken: { id: 'Z' } }], pair: [], special_tokens: {} },
    /unknown token "Z"/,
  ],
  [{ type: 'BertProcessing' }, /has no id/],
])('refuses %j', (raw, message) => {
  expect(() => readTemplate(raw)).toThrowError(message);
});
