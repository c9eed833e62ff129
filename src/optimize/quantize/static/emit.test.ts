import { expect, test } from 'vitest';
import { edit } from '../../../model/graph/index.ts';
import { model } from '../../testing/quantized.ts';
import { emitPiece, type Codes, type Form, type Operands } from './emit.ts';
import { planOf } from './plan.ts';
import { targetsOf } from './targets.ts';

const codesOf = (value: string): Codes => ({
  codes: `${value}_q`,
  scale: `${value}_s`,
  zeroPoint: `${value}_z`,
  float: `${value}_f`,
});
const operands: Operands = {
  codes: 'wq',
  scale: 'ws',
  zeroPoint: 'wz',
  axis: 1,
  bias: { codes: 'bq', scale: 'bs' },
  looseBias: null,
};

const written = (text: string, form: Form, given: Operands | null = operands): string[] => {
  const draft = edit(model(text));
  const { pieces } = planOf(draft, targetsOf(draft, [], true));
  return pieces.flatMap((piece) =>
    emitPiece(draft, form, piece, codesOf, piece.target?.weight === null ? null : given, 'n').map(
      ({ op, inputs, outputs }) => `${outputs.join()} = ${op}(${inputs.join()})`,
    ),
  );
};

const gemm = 'x: float32[N, 8]; w = float32[8, 8]{...}; y = MatMul(x, w)';
const matmul = 'x: float32[B, S, 8]; w = float32[8, 8]{...}; y = MatMul(x, w)';
const conv = 'x: float32[N, 8, 4, 4]; w = float32[8, 8, 1, 1]{...}; y = Conv(x, w)';

test('pairs', () => {
  expect(written(gemm, 'qdq')).toEqual([
    'n_weight = DequantizeLinear(wq,ws,wz)',
    'n_bias = DequantizeLinear(bq,bs)',
    'y = Gemm(x_f,n_weight,n_bias)',
  ]);
  expect(written(matmul, 'qdq', { ...operands, bias: null, looseBias: 'c' })).toEqual([
    'n_weight = DequantizeLinear(wq,ws,wz)',
    'n_product = MatMul(x_f,n_weight)',
    'y = Add(n_product,c)',
  ]);
  expect(written(conv, 'qdq').slice(2)).toEqual([
    'n_result = Conv(x_f,n_weight,n_bias)',
    'y_q = QuantizeLinear(n_result,y_s,y_z)',
    'y_f = DequantizeLinear(y_q,y_s,y_z)',
  ]);
});

test('operators', () => {
  expect(written(gemm, 'qoperator')).toEqual(['y = QGemm(x_q,x_s,x_z,wq,ws,wz,bq)']);
  expect(written(matmul, 'qoperator', { ...operands, bias: null })).toEqual([
    'y = MatMulIntegerToFloat(x_q,wq,x_s,ws,x_z,wz)',
  ]);
  expect(written(conv, 'qoperator')).toEqual([
    'y_q = QLinearConv(x_q,x_s,x_z,wq,ws,wz,y_s,y_z,bq)',
    'y_f = DequantizeLinear(y_q,y_s,y_z)',
  ]);
});

test('a bias that stays float32 keeps the product in float32', () => {
  const text = 'x: float32[N, 8]; w = float32[8, 8]{...}; c: float32[8]; h = Gemm(x, w, c); y = Gemm(h, w)';
  expect(written(text, 'qoperator', { ...operands, bias: null, looseBias: 'c' }).slice(0, 4)).toEqual([
    'n_product = QGemm(x_q,x_s,x_z,wq,ws,wz)',
    'n_result = Add(n_product,c)',
    'h_q = QuantizeLinear(n_result,h_s,h_z)',
    'h_f = DequantizeLinear(h_q,h_s,h_z)',
  ]);
});

test('concatenation puts its own scale first', () => {
  const text = `x: float32[N, 8, 4, 4]; w = float32[8, 8, 1, 1]{...}; v = float32[8, 16, 1, 1]{...}
    a = Conv(x, w); b = Conv(x, w); c = Concat(a, b) {axis: 1}; y = Conv(c, v)`;
  expect(written(text, 'qoperator')).toContain('c_q = QLinearConcat(c_s,c_z,a_q,a_s,a_z,b_q,b_s,b_z)');
});
