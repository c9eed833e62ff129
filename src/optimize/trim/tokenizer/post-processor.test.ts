import { expect, test } from 'vitest';
import { mapProcessor } from './post-processor.ts';

const add = (id: number): number => id + 100;

test('maps ids in every kind, and in sequences', () => {
  expect(mapProcessor(null, add)).toBeNull();
  expect(mapProcessor({ type: 'ByteLevel', trim_offsets: true }, add)).toEqual({
    type: 'ByteLevel',
    trim_offsets: true,
  });
  expect(mapProcessor({ type: 'BertProcessing', sep: ['[SEP]', 3], cls: ['[CLS]', 2] }, add)).toEqual({
    type: 'BertProcessing',
    sep: ['[SEP]', 103],
    cls: ['[CLS]', 102],
  });
  const template = {
    type: 'TemplateProcessing',
    single: [{ Sequence: { id: 'A', type_id: 0 } }],
    special_tokens: { s: { id: 's', ids: [1, 2], tokens: ['s', 't'] } },
  };
  expect(mapProcessor({ type: 'Sequence', processors: [{ type: 'ByteLevel' }, template] }, add)).toEqual({
    type: 'Sequence',
    processors: [
      { type: 'ByteLevel' },
      { ...template, special_tokens: { s: { id: 's', ids: [101, 102], tokens: ['s', 't'] } } },
    ],
  });
});

test('what is not understood is not guessed', () => {
  expect(mapProcessor({ type: 'Other' }, add)).toBeUndefined();
  expect(mapProcessor({ type: 'RobertaProcessing', sep: 'x', cls: ['a', 1] }, add)).toBeUndefined();
  expect(mapProcessor({ type: 'TemplateProcessing', special_tokens: { s: { ids: ['1'] } } }, add)).toBeUndefined();
  expect(mapProcessor({ type: 'Sequence', processors: [{ type: 'Other' }] }, add)).toBeUndefined();
});
