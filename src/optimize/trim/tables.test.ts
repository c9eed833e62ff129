import { describe, expect, test } from 'vitest';
import { edit } from '../../model/graph/index.ts';
import { model } from '../testing/quantized.ts';
import { findTables } from './tables.ts';

const find = (text: string) => {
  const found = findTables(edit(model(text)));
  return 'reason' in found
    ? found.reason
    : {
        inputs: [...found.inputs.keys()],
        rows: found.rows,
        lookups: found.lookups.map(({ node }) => node.outputs[0]),
        cuts: found.cuts.map(({ name }) => name),
      };
};

describe('finds', () => {
  test('the largest table, not those of types and positions', () => {
    expect(
      find(`ids: int64[B, S]; kinds: int64[B, S]; w = float32[50, 8]{...}; k = float32[2, 8]{...}; p = float32[64, 8]{...}
        zero = int64[] {0}; one = int64[] {1}; s = Shape(ids); n = Gather(s, one); r = Range(zero, n, one)
        a = Gather(w, ids); b = Gather(k, kinds); c = Gather(p, r); d = Add(a, b); y = Add(d, c); -> y`),
    ).toEqual({ inputs: ['ids'], rows: 50, lookups: ['a'], cuts: ['w'] });
  });

  test('two inputs and two tables of the same ids', () => {
    expect(
      find(`a: int64[B, S]; b: int64[B, S]; w = float32[50, 8]{...}; v = float32[50, 1]{...}
        x = Gather(w, a); y = Gather(w, b); z = Gather(v, b); -> x, y, z`),
    ).toEqual({ inputs: ['a', 'b'], rows: 50, lookups: ['x', 'y', 'z'], cuts: ['w', 'v'] });
  });

  test('encoder and decoder with a table each', () => {
    expect(
      find(`input_ids: int64[B, S]; decoder_input_ids: int64[B, T]; position_ids: int64[B, S]
        w = float32[50, 8]{...}; v = float32[50, 8]{...}; p = float32[50, 8]{...}
        x = Gather(w, input_ids); y = Gather(v, decoder_input_ids); z = Gather(p, position_ids); -> x, y, z`),
    ).toMatchObject({ inputs: ['input_ids', 'decoder_input_ids'], cuts: ['w', 'v'] });
  });

  test('quantized tables, by rows, blocks and as stored halves', () => {
    expect(
      find(`ids: int64[B, S]; w = int8[20, 2] {0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9}; s = float32[20, 1]{...}
        q = Gather(w, ids); f = Cast(q) {to: 1}; g = Gather(s, ids); y = Mul(f, g); -> y`),
    ).toMatchObject({ cuts: ['w', 's'] });
    expect(
      find(
        `ids: int64[B, S]; w = float32[20, 4]{...}; h = Cast(w) {to: 10}; f = Cast(h) {to: 1}; y = Gather(f, ids); -> y`,
      ),
    ).toMatchObject({ cuts: ['w'] });
    expect(
      find(`opset 21; ids: int64[B, S]; w = int8[16, 1] {0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5}; s = float32[16]{...}; z = float32[1]{...}
        d = DequantizeLinear(w, s) {axis: 0}; y = Gather(d, ids); -> y`),
    ).toMatchObject({ cuts: ['w', 's'] });
  });
});

test.each([
  ['x: float32[B, S]; w = float32[50, 8]{...}; y = MatMul(x, w); -> y', /no input of the model looks up/],
  ['ids: int64[B, S]; w = float32[8, 8]{...}; y = Gather(w, ids); -> y', /at least 16 rows/],
  ['ids: int64[B, S]; w: float32[50, 8]; y = Gather(w, ids); -> y', /its table w is computed/],
  ['ids: int64[B, S]; u = float32[50, 8]{...}; w = Neg(u); y = Gather(w, ids); -> y', /its table w is computed/],
  [
    'ids: int64[B, S]; u = float32[50, 8]{...}; w = float32[60, 8]{...}; x = Gather(u, ids); y = Gather(w, ids); -> x, y',
    /different sizes, 60 and 50/,
  ],
  [
    'ids: int64[B, S]; u = float32[50, 8]{...}; v = float32[50, 8]{...}; w = Neg(v); x = Gather(u, ids); y = Gather(w, ids); -> x, y',
    /its table w is computed/,
  ],
  ['ids: int64[B, S]; w = float32[4, 50]{...}; y = Gather(w, ids) {axis: 1}; -> y', /no input of the model looks up/],
])('refuses %s', (text, reason) => {
  expect(find(text)).toMatch(reason);
});
