import { expect, test } from 'vitest';
import { model } from '../testing/quantized.ts';
import { kindOf, kindsNamed, planAll, type PlanSettings } from './dynamic-plan.ts';

const settings: PlanSettings = {
  kinds: new Set(['MatMul', 'Gemm', 'LSTM']),
  exclude: [],
  minValues: 1,
  copyShared: false,
};
const reasons = async (text: string, more: Partial<PlanSettings> = {}): Promise<Record<string, string>> => {
  const plans = await planAll(model(text), { ...settings, ...more });
  return Object.fromEntries(
    plans.flatMap((plan) =>
      [...plan].map(([node, entry]) => [node.outputs[0]!, typeof entry === 'string' ? entry : 'yes']),
    ),
  );
};

test('names of operators', () => {
  expect(kindsNamed(['Mat*', 'Conv'])).toEqual(new Set(['MatMul', 'Conv']));
  expect(kindsNamed(['*'])?.size).toBe(5);
  expect(kindsNamed(['matmul'])).toBeNull();
  expect(kindsNamed([])?.size).toBe(0);
  const node = (op: string, domain = '') => ({ name: '', op, domain, inputs: [], outputs: [], attributes: {} });
  expect(kindOf(node('GRU'))).toBe('LSTM');
  expect(kindOf(node('Attention'))).toBeNull();
  expect(kindOf(node('Attention', 'com.microsoft'))).toBe('Attention');
  expect(kindOf(node('toString'))).toBeNull();
});

test('small weights and other kinds stay', async () => {
  const text =
    'x: float32[4, 8]; w = float32[8, 8]{...}; v = float32[8, 2]{...}; k = float32[4, 4, 3]{...}; a = MatMul(x, w); b = MatMul(x, v); c = Conv(x, k)';
  expect(await reasons(text, { minValues: 20 })).toEqual({
    a: 'yes',
    b: 'its weight has 16 values, fewer than 20: the added operators would cost more than they save',
    c: 'Conv is not among the operators to quantize (option operators)',
  });
});

test('a weight that stays in float32 anyway is not copied, unless asked for', async () => {
  const uses = {
    'an output': 'y = MatMul(x, w); -> y, w',
    r: 'y = MatMul(x, w); r = Relu(w)',
    'another MatMul that is left out': 'y = MatMul(x, w); z = MatMul(x, w) as "left"',
  };
  for (const text of Object.values(uses)) {
    const whole = `x: float32[4, 8]; w = float32[8, 8]{...}; ${text}`;
    expect((await reasons(whole, { exclude: ['left'] }))['y'], text).toMatch(/has to stay in float32 for/);
    expect((await reasons(whole, { exclude: ['left'], copyShared: true }))['y'], text).toBe('yes');
  }
  expect((await reasons('x: float32[8, 8]; w = float32[8, 8]{...}; m = MatMul(w, w); y = Add(m, x)'))['m']).toMatch(
    /^both operands are constants/,
  );
  const inBody = `x: float32[4, 8]; p: bool[]; w = float32[8, 8]{...}; y = MatMul(x, w)
    z = If(p) {then_branch: graph "t" { t = Relu(w); -> t }, else_branch: graph "e" { e = Relu(x); -> e }}`;
  expect((await reasons(inBody))['y']).toMatch(/stay in float32 for t:/);
});

test('a target that is left out takes others with it that share its other weight', async () => {
  const text = `x: float32[3, 1, 16]; w = float32[1, 64, 16]{...}; r = float32[1, 64, 16]{...}; v = float32[1, 64, 16]{...}
    n = Neg(w); a = LSTM(x, w, r) {hidden_size: 16}; b = LSTM(x, v, r) {hidden_size: 16}`;
  const found = await reasons(text);
  expect(found['a']).toContain('its weight w has to stay');
  expect(found['b']).toContain('its weight r has to stay in float32 for a');
});
