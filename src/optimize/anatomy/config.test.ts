import { expect, test } from 'vitest';
import { configWith, shapeOf, tokenizerConfigWith } from './config.ts';
import type { Anatomy } from './types.ts';

const shape = { layers: 2, width: 128, heads: 4, ffn: 256, vocabulary: 100, positions: 64, labels: 3 };
const read = (bytes: Uint8Array | null): unknown => JSON.parse(Buffer.from(bytes!).toString('utf8'));

test('keys that are there follow the shape, the rest stays', () => {
  const bert = {
    model_type: 'bert',
    hidden_size: 256,
    num_hidden_layers: 4,
    max_position_embeddings: 512,
    id2label: { 0: 'a' },
  };
  expect(read(configWith(Buffer.from(JSON.stringify(bert)), shape, 448))).toEqual({
    ...bert,
    hidden_size: 128,
    num_hidden_layers: 2,
    max_position_embeddings: 64,
  });
  const distil = { dim: 768, n_layers: 6, n_heads: 12, hidden_dim: 3072 };
  expect(read(configWith(Buffer.from(JSON.stringify(distil)), shape, 0))).toEqual({
    dim: 128,
    n_layers: 2,
    n_heads: 4,
    hidden_dim: 256,
  });
  expect(read(configWith(Buffer.from('{"embedding_size": 64}'), shape, 0))).toEqual({ embedding_size: 128 });
  expect(read(configWith(Buffer.from('{"embedding_size": 64}'), { ...shape, embedding: 32 }, 0))).toEqual({
    embedding_size: 32,
  });
});

test('a file that says nothing of a shape stays as it is', () => {
  for (const text of ['{"labels": 3}', '[1]', 'no json', '{"num_hidden_layers": 2}'])
    expect(configWith(Buffer.from(text), shape, 0)).toBeNull();
});

test('a tokenizer that allows more tokens than there are positions allows fewer', () => {
  const file = (length: number) => Buffer.from(`{"model_max_length": ${length}, "do_lower_case": true}`);
  expect(read(tokenizerConfigWith(file(512), 64))).toEqual({ model_max_length: 64, do_lower_case: true });
  expect(tokenizerConfigWith(file(64), 64)).toBeNull();
  expect(tokenizerConfigWith(Buffer.from('{}'), 64)).toBeNull();
});

test('sizes that differ from block to block are not one number', () => {
  const block = (heads: number, size: number) => ({
    attention: { heads, keyHeads: 2, headWidth: 8 },
    feedForward: { size },
  });
  const anatomy = { width: 16, word: { width: 8 }, blocks: [block(2, 24), block(1, 24)] } as unknown as Anatomy;
  expect(shapeOf(anatomy)).toEqual({ layers: 2, width: 16, keyHeads: 2, headWidth: 8, ffn: 24, embedding: 8 });
  const heads = Buffer.from('{"num_attention_heads": 2, "num_hidden_layers": 3}');
  expect(read(configWith(heads, shapeOf(anatomy)))).toEqual({ num_attention_heads: 2, num_hidden_layers: 2 });
});
