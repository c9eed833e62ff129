import type { Node } from '../../../contracts/index.ts';
import { intOf } from '../../../model/graph/index.ts';
import type { Rule, Spread, Units } from './types.ts';

interface Form {
  /** Which of the last two axes of the operands is multiplied along. */
  readonly innerA: number;
  readonly innerB: number;
}

const isConstant = (to: Spread, name: string): boolean => to.view.draft.constant(name) !== null;

/** A product A · B, either of them turned: the inner axis of one meets that of the other, the outer ones make the result's. */
const product =
  (formOf: (node: Node) => Form | string, third: number | null): Rule =>
  (node, to, { side, index, axis, units }) => {
    const form = formOf(node);
    if (typeof form === 'string') return form;
    const [left = '', right = ''] = node.inputs;
    const [a, b, c] = [to.dims(left), to.dims(right), to.dims(node.outputs[0] ?? '')];
    if (!a || !b || !c || a.length < 2 || b.length < 2) return 'the ranks of a product are not known, or below 2';
    const outerA = form.innerA === -1 ? -2 : -1;
    const outerB = form.innerB === -1 ? -2 : -1;
    const atInner = (): void => {
      to.input(node, 0, form.innerA + a.length, units);
      to.input(node, 1, form.innerB + b.length, units);
      if (isConstant(to, right)) to.consumer(node, form.innerB + b.length, units);
    };
    const atRight = (): void => {
      to.input(node, 1, outerB + b.length, units);
      to.output(node, 0, c.length - 1, units);
      if (third !== null) bias(-1);
      if (isConstant(to, right)) to.producer(node, outerB + b.length, units);
    };
    const atLeft = (): void => {
      to.input(node, 0, outerA + a.length, units);
      to.output(node, 0, c.length - 2, units);
      if (third !== null) bias(-2);
    };
    const bias = (fromEnd: number): void => {
      const name = node.inputs[third ?? -1] ?? '';
      const dims = name === '' ? null : to.dims(name);
      const place = fromEnd + (dims?.length ?? 0);
      if (dims && place >= 0 && dims[place] !== 1) to.input(node, third ?? -1, place, units);
    };
    const batch = (fromEnd: number): void => {
      for (const [one, dims] of [
        [0, a],
        [1, b],
      ] as const) {
        const place = fromEnd + dims.length;
        if (place >= 0 && dims[place] !== 1) to.input(node, one, place, units);
      }
      to.output(node, 0, fromEnd + c.length, units);
    };
    if (side === 'output') {
      const fromEnd = axis - c.length;
      if (fromEnd === -1) atRight();
      else if (fromEnd === -2) atLeft();
      else batch(fromEnd);
      return undefined;
    }
    if (index === third) {
      const fromEnd = axis - (to.dims(node.inputs[index] ?? '')?.length ?? 0);
      if (fromEnd === -1) atRight();
      else atLeft();
      return undefined;
    }
    const dims = index === 0 ? a : b;
    const fromEnd = axis - dims.length;
    if (fromEnd < -2) batch(fromEnd);
    else if (fromEnd === (index === 0 ? form.innerA : form.innerB)) atInner();
    else if (index === 0) atLeft();
    else atRight();
    return undefined;
  };

const turned = (node: Node): Form => ({
  innerA: intOf(node, 'transA', 0) === 0 ? -1 : -2,
  innerB: intOf(node, 'transB', 0) === 0 ? -2 : -1,
});
const plain = (): Form => ({ innerA: -1, innerB: -2 });
const fused = (node: Node): Form | string =>
  intOf(node, 'transBatchA', 0) === 0 && intOf(node, 'transBatchB', 0) === 0
    ? turned(node)
    : 'a fused product turns its batch axis';

/** Marks places of a weight; for operators that hold a packed projection. */
export const projection = (
  node: Node,
  to: Spread,
  weight: number,
  axis: number,
  units: Units,
  role: 'consumer' | 'producer',
): void => {
  to.input(node, weight, axis, units);
  if (role === 'consumer') to.consumer(node, axis, units);
  else to.producer(node, axis, units);
};

export const linearRules: Readonly<Record<string, Rule>> = {
  MatMul: product(plain, null),
  Gemm: product(turned, 2),
  'com.microsoft.FusedMatMul': product(fused, null),
  'com.microsoft.TransposeMatMul': product(fused, null),
  'com.microsoft.FusedGemm': product(turned, 2),
};
