import { expect, test } from 'vitest';
import type { Model } from '../../contracts/index.ts';
import { parseText, printText } from '../../model/graph/index.ts';
import { checkModel } from '../../model/onnx/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { settleBranches } from './settle-branches.ts';
import { trainingStep } from './step.ts';
import { evaluate } from './testing/differences.ts';

const ops = ({ graph }: Model): string => graph.nodes.map(({ op }) => op).join(' ');
const x = { dtype: 'float32' as const, dims: [2, 2], data: Float32Array.of(1, -2, 3, 0.5) };

/** The same name `h` inside both branches and outside; the condition is a weight. */
const source = (condition: string, more = ''): string =>
  `x: float32[N, 2]; w = float32[2, 2] {1, 2, 3, 4}; ${condition}; h = MatMul(x, w);
   y = If(k) {then_branch: graph "t" { c = float32[2] {0.5, -1}; g = Mul(h, c); o = Tanh(g); -> o: float32 },
     else_branch: graph "e" { g = Neg(h); -> g: float32 }}; q = Mul(y, y); loss = ReduceMean(q) {keepdims: 0}; -> loss: float32[]${more}`;

test.each([
  ['a weight that says yes', 'k = bool[] {1}', 'MatMul Mul Tanh Identity Mul ReduceMean'],
  ['a weight that says no', 'k = bool[] {0}', 'MatMul Neg Identity Mul ReduceMean'],
])('%s: its branch takes the place of the If, answers stay', async (_, condition, expected) => {
  const model = parseText(source(condition));
  const after = settleBranches(model);
  expect(checkModel(after)).toEqual([]);
  expect(ops(after)).toBe(expected);
  const [one, other] = [await (await evaluate(model))({ x }), await (await evaluate(after))({ x })];
  expect(other).toEqual(one);
});

test('a branch in a branch, and a branch that only hands on what lies outside', async () => {
  const model = parseText(
    `x: float32[N, 2]; k = bool[] {1}; n = bool[] {0};
     y = If(k) {then_branch: graph "t" { a = Abs(x); z = If(n) {then_branch: graph "u" { a2 = Neg(a); -> a2: float32 }, else_branch: graph "v" { a3 = Sqrt(a); -> a3: float32 }}; -> z: float32 },
       else_branch: graph "e" { b = Neg(x); -> b: float32 }}; s = Add(y, x); -> s: float32[N, 2]`,
  );
  const after = settleBranches(model);
  expect(ops(after)).toBe('Abs Sqrt Identity Identity Add');
  expect(checkModel(after)).toEqual([]);
  expect(await (await evaluate(after))({ x })).toEqual(await (await evaluate(model))({ x }));
});

test.each([
  ['computed', 'd = ReduceSum(x) {keepdims: 0}; z = float32[] {0}; k = Greater(d, z)'],
  ['fed', 'k: bool[]'],
])('left alone: a condition that is %s', (_, condition) => {
  const model = parseText(source(condition));
  expect(settleBranches(model)).toBe(model);
});

test('weights in front of such an If are trained through it', async () => {
  const model = parseText(source('k = bool[] {1}'));
  const w = model.graph.initializers.get('w')!;
  const step = trainingStep(model, new Map([['w', w]]));
  expect(step.weights.map(({ weight }) => weight)).toEqual(['w']);
  expect(printText(step.model)).not.toContain('If(');
  const open = parseText(source('k: bool[]'));
  expect(() => trainingStep(open, new Map([['w', tensor('float32', [2, 2], Float32Array.of(1, 2, 3, 4))]]))).toThrow(
    expect.objectContaining({ code: 'training/unsupported' }),
  );
});
