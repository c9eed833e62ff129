import { expect, test } from 'vitest';
import { model } from '../testing/quantized.ts';
import { layersOf } from './layers.ts';
import { normsOf } from './norms.ts';
import { tablesBehind } from './tables.ts';
import { viewOf } from './walk.ts';

const tables = (text: string, value = 'h') => {
  const view = viewOf(model(text));
  const found = tablesBehind(view, layersOf(view), normsOf(view), value);
  return [found.ids, found.word?.name ?? null, found.position?.name ?? null, found.type?.name ?? null];
};
const made =
  'ids: int64[B, S]; kinds: int64[B, S]; words = float32[20, 8] {...}; places = float32[30, 8] {...}; types = float32[2, 8] {...}; g = float32[8] {...}';

test('direct indices are words and types, computed ones are positions', () => {
  expect(
    tables(`${made}; n = Shape(ids); one = int64[] {1}; zero = int64[] {0}; l = Gather(n, one); r = Range(zero, l, one)
      a = Gather(words, ids); b = Gather(types, kinds); c = Gather(places, r); s = Add(a, b); t = Add(s, c); h = LayerNormalization(t, g, g); y = Relu(h)`),
  ).toEqual(['ids', 'words', 'places', 'types']);
});

test('positions as an input, an index that is cast, a projection of narrow words', () => {
  expect(
    tables(`ids: int32[B, S]; position_ids: int64[B, S]; words = float32[20, 4] {...}; places = float32[30, 8] {...}; w = float32[4, 8] {...}
      i = Cast(ids) {to: 7}; a = Gather(words, i); p = MatMul(a, w); c = Gather(places, position_ids); h = Add(p, c); y = Relu(h)`),
  ).toEqual(['ids', 'words', 'places', null]);
});

test('no tables', () => {
  expect(tables('x: float32[B, S, 8]; h = Relu(x); y = Relu(h)')).toEqual([null, null, null, null]);
});
