import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import { fused, reasons } from '../testing/attention.ts';
import { context, model } from '../testing/quantized.ts';
import { embedLayerNormalization } from './embed-layer-normalization.ts';

interface Forms {
  readonly more?: string;
  /** Makes `row`, the positions. */
  readonly row?: string;
  /** Makes `sum`. */
  readonly sum?: string;
  readonly norm?: string;
  readonly outputs?: string;
}

const text = (forms: Forms = {}): string => `
  ids: int64[B, S]; mask: int64[B, S]
  words = float32[30, 16] {...}; positions = float32[12, 16] {...}; kinds = float32[2, 16] {...}
  gamma = float32[16] {...}; beta = float32[16] {...}; zero = int64[] {0}; one = int64[] {1}; first = int64[1] {0}
  shape = Shape(ids); n = Gather(shape, one)
  ${forms.more ?? ''}
  ${forms.row ?? 'range = Range(zero, n, one); row = Unsqueeze(range, first)'}
  ${
    forms.sum ??
    'e1 = Gather(words, ids); e2 = Gather(positions, row); e3 = Gather(kinds, mask); s1 = Add(e1, e3); sum = Add(s1, e2)'
  }
  ${forms.norm ?? 'y = LayerNormalization(sum, gamma, beta) {axis: -1, epsilon: 1e-12}'}
  ${forms.outputs ?? '-> y: float32[B, S, 16]'}`;

const forms: Readonly<Record<string, Forms>> = {
  'word, position and segment': {},
  'another order of the sum': {
    sum: 'e1 = Gather(words, ids); e2 = Gather(positions, row); e3 = Gather(kinds, mask); s1 = Add(e3, e2); sum = Add(e1, s1)',
  },
  'no segment': { sum: 'e1 = Gather(words, ids); e2 = Gather(positions, row); sum = Add(e1, e2)' },
  'positions cut from a table of numbers': {
    more: `numbers = int64[1, 12] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}; axis = int64[1] {1}; step = int64[1] {1}`,
    row: 'end = Unsqueeze(n, first); row = Slice(numbers, first, end, axis, step)',
  },
  'positions widened to the batch': {
    row: 'range = Range(zero, n, one); line = Unsqueeze(range, first); row = Expand(line, shape)',
  },
  'positions in one dimension': { row: 'row = Range(zero, n, one)' },
  'positions that count what the mask leaves': {
    row: 'axis = int64[] {1}; counted = CumSum(mask, axis); row = Mul(counted, mask)',
  },
  'one segment for all': {
    sum: `e1 = Gather(words, ids); e2 = Gather(positions, row); none = Sub(row, row); e3 = Gather(kinds, none)
      s1 = Add(e1, e3); sum = Add(s1, e2)`,
  },
  'no shift': { norm: 'y = LayerNormalization(sum, gamma) {axis: 2}' },
  'Dropout of inference in between': {
    norm: 'd = Dropout(sum); y = LayerNormalization(d, gamma, beta)',
  },
  'a residual from the sum': {
    norm: 'n0 = LayerNormalization(sum, gamma, beta); y = Add(n0, sum)',
  },
};
describe('embeddings and their normalization become one operator', () => {
  test.each(Object.entries(forms))('%s', async (_name, form) => {
    const result = await fused(await context(), embedLayerNormalization, text(form));
    expect(result.skipped).toEqual([]);
    expect(result.ops).toContain('EmbedLayerNormalization');
    expect(result.ops).not.toContain('LayerNormalization');
    expect(result.error).toBeLessThanOrEqual(1e-5);
  });

  test('int32 ids and stored positions of a fixed length', async () => {
    const fixed = `ids: int32[B, 4]; words = float32[30, 16] {...}; table = float32[1, 4, 16] {...}
      gamma = float32[16] {...}; beta = float32[16] {...}
      e = Gather(words, ids); sum = Add(e, table); y = LayerNormalization(sum, gamma, beta); -> y: float32[B, 4, 16]`;
    const result = await fused(await context(), embedLayerNormalization, fixed);
    expect(result.ops).toEqual(['EmbedLayerNormalization']);
    expect(result.error).toBeLessThanOrEqual(1e-5);
  });
});

const misses: Readonly<Record<string, readonly [Forms, RegExp]>> = {
  'a sum in between that is an output': [
    { outputs: '-> y: float32[B, S, 16], s1: float32[B, S, 16]' },
    /used elsewhere/,
  ],
  'the sum itself an output': [{ outputs: '-> y: float32[B, S, 16], sum: float32[B, S, 16]' }, /is an output/],
  'another axis': [
    { more: 'g2: float32[S, 16]', norm: 'y = LayerNormalization(sum, g2) {axis: 1}' },
    /not along the last one/,
  ],
  'positions of another length': [
    {
      more: 'given: int64[B, T]',
      sum: 'e1 = Gather(words, ids); e2 = Gather(positions, given); e3 = Gather(kinds, mask); s1 = Add(e1, e3); sum = Add(s1, e2)',
    },
    /not certain/,
  ],
  'four embeddings': [
    {
      sum: 'e1 = Gather(words, ids); e2 = Gather(positions, row); e3 = Gather(kinds, mask); e4 = Gather(kinds, mask); s1 = Add(e1, e3); s2 = Add(e4, s1); sum = Add(s2, e2)',
    },
    /4 embeddings/,
  ],
  'no embeddings': [
    { norm: 'r = Relu(sum); y = LayerNormalization(r, gamma, beta)' },
    /no LayerNormalization stands behind/,
  ],
};
test.each(Object.entries(misses))('a near miss says why: %s', async (_name, [form, reason]) => {
  expect(await reasons(await context(), embedLayerNormalization, text(form))).toMatch(reason);
});

test('refuses graphs without the parts, and says what comes first', () => {
  const options = parseOptions(embedLayerNormalization.id, embedLayerNormalization.options);
  const why = (text0: string): string => embedLayerNormalization.check(model(text0), options)?.reason ?? '';
  expect(why('x: float32[2]; y = Relu(x); -> y: float32[2]')).toMatch(/no Gather/);
  expect(why('i: int64[2]; w = float32[4, 4] {...}; y = Gather(w, i); -> y: float32[2, 4]')).toMatch(/comes first/);
});
