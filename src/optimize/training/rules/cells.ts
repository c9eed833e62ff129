import { int, type Emitter } from '../../writing/emit.ts';
import type { Backward, Rule } from '../types.ts';
import { recurrent, type Cell, type Weights } from './recurrent.ts';

/** Short hand for a step's arithmetic. */
const arithmetic = (to: Emitter, one: string) => ({
  add: (a: string, b: string) => to.emit('Add', [a, b]),
  sub: (a: string, b: string) => to.emit('Sub', [a, b]),
  mul: (...parts: string[]) => parts.reduce((a, b) => to.emit('Mul', [a, b])),
  product: (a: string, b: string) => to.emit('MatMul', [a, b]),
  sigmoid: (a: string) => to.emit('Sigmoid', [a]),
  tanh: (a: string) => to.emit('Tanh', [a]),
  /** s·(1 − s). */
  sigmoidSlope: (s: string) => to.emit('Mul', [s, to.emit('Sub', [one, s])]),
  /** 1 − t². */
  tanhSlope: (t: string) => to.emit('Sub', [one, to.emit('Mul', [t, t])]),
  gates: (value: string, count: number) =>
    to.emitAll('Split', [value], count, { axis: int(-1), ...(to.opset >= 18 ? { num_outputs: int(count) } : {}) }),
  join: (...parts: string[]) => to.emit('Concat', parts, { axis: int(-1) }),
});

/** h·Rᵀ with its bias. R is turned once, outside of the steps. */
const recurrentPart = (at: Backward, r: string, rb: string): ((to: Emitter, h: string) => string) => {
  const turned = at.to.emit('Transpose', [r]);
  return (to, h) => {
    const product = to.emit('MatMul', [h, turned]);
    return rb === '' ? product : to.emit('Add', [product, rb]);
  };
};

const byRows = (to: Emitter, rows: (value: string) => string, left: string, right: string): string =>
  to.emit('Gemm', [rows(left), rows(right)], { transA: int(1) });

/** Gates i, o, f, c: c′ = f·c + i·g, h′ = o·tanh c′. Source: Hochreiter and Schmidhuber 1997; ONNX LSTM-14. */
const lstmCell = (at: Backward, { r, rb }: Weights): Cell => {
  const part = recurrentPart(at, r, rb);
  const one = at.scalar(1);
  return {
    states: 2,
    forward: (to, input, [h, c]) => {
      const { add, mul, sigmoid, tanh, gates } = arithmetic(to, one);
      const [zi, zo, zf, zc] = gates(add(input, part(to, h!)), 4) as [string, string, string, string];
      const [i, o, f, g] = [sigmoid(zi), sigmoid(zo), sigmoid(zf), tanh(zc)];
      const after = add(mul(f, c!), mul(i, g));
      const bent = tanh(after);
      return { states: [mul(o, bent), after], kept: [i, o, f, g, bent] };
    },
    backward: (to, [dh, dcAfter], [, c], kept) => {
      const { add, mul, sigmoidSlope, tanhSlope, join } = arithmetic(to, one);
      const [i, o, f, g, bent] = kept as [string, string, string, string, string];
      const dc = add(dcAfter!, mul(dh!, o, tanhSlope(bent)));
      const dz = join(
        mul(dc, g, sigmoidSlope(i)),
        mul(dh!, bent, sigmoidSlope(o)),
        mul(dc, c!, sigmoidSlope(f)),
        mul(dc, i, tanhSlope(g)),
      );
      return { states: [to.emit('MatMul', [dz, r]), mul(dc, f)], input: dz, recurrent: dz };
    },
    weights: (to, rows, recurrentGrad, before) => byRows(to, rows, recurrentGrad, before),
  };
};

/** Gates z, r, h with the reset behind the recurrent product: n = tanh(xn + r·(h·Rnᵀ + Rbn)), h′ = (1 − z)·n + z·h.
 *  Source: Cho et al. 2014; ONNX GRU-14, linear_before_reset 1. */
const gruCellAfter = (at: Backward, { r: weight, rb }: Weights): Cell => {
  const part = recurrentPart(at, weight, rb);
  const one = at.scalar(1);
  return {
    states: 1,
    forward: (to, input, [h]) => {
      const { add, sub, mul, sigmoid, tanh, gates } = arithmetic(to, one);
      const [xz, xr, xn] = gates(input, 3) as [string, string, string];
      const [hz, hr, hn] = gates(part(to, h!), 3) as [string, string, string];
      const [z, r] = [sigmoid(add(xz, hz)), sigmoid(add(xr, hr))];
      const n = tanh(add(xn, mul(r, hn)));
      return { states: [add(n, mul(z, sub(h!, n)))], kept: [z, r, n, hn] };
    },
    backward: (to, [dh], [h], kept) => {
      const { add, sub, mul, product, sigmoidSlope, tanhSlope, join } = arithmetic(to, one);
      const [z, r, n, hn] = kept as [string, string, string, string];
      const dan = mul(dh!, sub(one, z), tanhSlope(n));
      const daz = mul(dh!, sub(h!, n), sigmoidSlope(z));
      const dar = mul(dan, hn, sigmoidSlope(r));
      const recurrentGrad = join(daz, dar, mul(dan, r));
      return {
        states: [add(mul(dh!, z), product(recurrentGrad, weight))],
        input: join(daz, dar, dan),
        recurrent: recurrentGrad,
      };
    },
    weights: (to, rows, recurrentGrad, before) => byRows(to, rows, recurrentGrad, before),
  };
};

/** The same with the reset in front: n = tanh(xn + (r·h)·Rnᵀ + Rbn). Source: ONNX GRU-14, linear_before_reset 0. */
const gruCellBefore = (at: Backward, { r: weight, rb }: Weights): Cell => {
  const outer = at.to;
  const hidden = outer.emit('Slice', [outer.emit('Shape', [weight]), outer.integers([1]), outer.integers([2])]);
  const sizes = outer.emit('Concat', [outer.emit('Add', [hidden, hidden]), hidden], { axis: int(0) });
  const apart = (value: string): [string, string] =>
    value === '' ? ['', ''] : (outer.emitAll('Split', [value, sizes], 2, { axis: int(0) }) as [string, string]);
  const [[weightZr, weightN], [rbZr, rbN]] = [apart(weight), apart(rb)];
  const [partZr, partN] = [recurrentPart(at, weightZr, rbZr), recurrentPart(at, weightN, rbN)];
  const one = at.scalar(1);
  return {
    states: 1,
    forward: (to, input, [h]) => {
      const { add, sub, mul, sigmoid, tanh, gates } = arithmetic(to, one);
      const [xz, xr, xn] = gates(input, 3) as [string, string, string];
      const [hz, hr] = gates(partZr(to, h!), 2) as [string, string];
      const [z, r] = [sigmoid(add(xz, hz)), sigmoid(add(xr, hr))];
      const reset = mul(r, h!);
      const n = tanh(add(xn, partN(to, reset)));
      return { states: [add(n, mul(z, sub(h!, n)))], kept: [z, r, n, reset] };
    },
    backward: (to, [dh], [h], kept) => {
      const { add, sub, mul, product, sigmoidSlope, tanhSlope, join } = arithmetic(to, one);
      const [z, r, n] = kept as [string, string, string];
      const dan = mul(dh!, sub(one, z), tanhSlope(n));
      const dReset = product(dan, weightN);
      const dzr = join(mul(dh!, sub(h!, n), sigmoidSlope(z)), mul(dReset, h!, sigmoidSlope(r)));
      const before = add(mul(dh!, z), add(mul(dReset, r), product(dzr, weightZr)));
      const all = join(dzr, dan);
      return { states: [before], input: all, recurrent: all };
    },
    weights: (to, rows, recurrentGrad, before, kept) => {
      const [zr, n] = to.emitAll('Split', [recurrentGrad, sizes], 2, { axis: int(2) }) as [string, string];
      return to.emit('Concat', [byRows(to, rows, zr, before), byRows(to, rows, n, kept[3]!)], { axis: int(0) });
    },
  };
};

/** h′ = tanh(x·Wᵀ + Wb + h·Rᵀ + Rb). Source: Elman 1990; ONNX RNN-14. */
const rnnCell = (at: Backward, { r, rb }: Weights): Cell => {
  const part = recurrentPart(at, r, rb);
  const one = at.scalar(1);
  return {
    states: 1,
    forward: (to, input, [h]) => {
      const { add, tanh } = arithmetic(to, one);
      const after = tanh(add(input, part(to, h!)));
      return { states: [after], kept: [after] };
    },
    backward: (to, [dh], _, [after]) => {
      const { mul, product, tanhSlope } = arithmetic(to, one);
      const dz = mul(dh!, tanhSlope(after!));
      return { states: [product(dz, r)], input: dz, recurrent: dz };
    },
    weights: (to, rows, recurrentGrad, before) => byRows(to, rows, recurrentGrad, before),
  };
};

const gru: Rule = (at) => {
  const after = at.node.attributes['linear_before_reset'];
  const cell = after?.kind === 'int' && after.value !== 0n ? gruCellAfter : gruCellBefore;
  return recurrent(1, ['Sigmoid', 'Tanh'], cell)(at);
};

/** Rules of recurrent layers. */
export const cells: Readonly<Record<string, Rule>> = {
  LSTM: recurrent(2, ['Sigmoid', 'Tanh', 'Tanh'], lstmCell),
  GRU: gru,
  RNN: recurrent(1, ['Tanh'], rnnCell),
};
