import type { DataType, Node, Tensor } from '../../../contracts/index.ts';
import type { Draft } from '../edit.ts';
import type {
  AbsentPattern,
  ConstantPattern,
  Match,
  NumberPattern,
  OneOfPattern,
  OpPattern,
  Pattern,
  Shape,
  ThroughPattern,
  ValuePattern,
} from './types.ts';

/** A value by name. The first place that names it captures it; every other place must be the same value.
 *  `where` answers a reason against a value, or null. */
export const value = (
  as: string | null = null,
  where: ((name: string, draft: Draft) => string | null) | null = null,
): ValuePattern => ({ kind: 'value', as, where });

/** A constant: a weight that callers cannot override, or a Constant node. `where` answers a reason against it, or null. */
export const constant = (
  as: string | null = null,
  where: ((tensor: Tensor) => string | null) | null = null,
): ConstantPattern => ({ kind: 'constant', as, where });

/** A constant of this shape; null in `dims` is any size. */
export const constantOf = (as: string | null, dims: readonly (number | null)[], dtype?: DataType): ConstantPattern =>
  constant(as, (tensor) => {
    const fits = tensor.dims.length === dims.length && dims.every((dim, i) => dim === null || dim === tensor.dims[i]);
    if (!fits)
      return `has the shape [${tensor.dims.join(', ')}], expected [${dims.map((dim) => dim ?? 'any').join(', ')}]`;
    return dtype === undefined || tensor.dtype === dtype ? null : `is ${tensor.dtype}, expected ${dtype}`;
  });

/** A constant of one element that equals `expected` up to a relative `tolerance` and the precision of its own type. Constants
 *  behind Cast, Identity, Sqrt, Reciprocal and Neg count by the value that they come to. */
export const number = (expected: number, as: string | null = null, tolerance = 1e-5): NumberPattern => ({
  kind: 'number',
  as,
  where: (found, precision) =>
    Math.abs(found - expected) <= Math.abs(expected) * Math.max(tolerance, precision)
      ? null
      : `is ${Number(found.toPrecision(6))}, expected ${Number(expected.toPrecision(6))}`,
});

/** A constant of one element, captured; `where` answers a reason against its value, or null. */
export const scalar = (as: string, where: (found: number) => string | null = () => null): NumberPattern => ({
  kind: 'number',
  as,
  where: (found) => where(found),
});

/** An optional input that is not given. */
export const absent: AbsentPattern = { kind: 'absent' };

/** Alternatives, tried in order. */
export const oneOf = (...of: readonly Pattern[]): OneOfPattern => ({ kind: 'oneOf', of });

/** The pattern itself, or behind up to `most` of these operators (their first input). */
export const through = (ops: string | readonly string[], of: Pattern, most = 2): ThroughPattern => ({
  kind: 'through',
  ops: typeof ops === 'string' ? [ops] : ops,
  of,
  most,
});

export interface OpOptions {
  readonly as?: string;
  readonly output?: number;
  readonly more?: boolean;
  readonly commutes?: boolean;
  readonly shared?: boolean;
  readonly where?: (node: Node, draft: Draft) => string | null;
}

const commutative = new Set(['Add', 'Mul', 'Max', 'Min', 'And', 'Or', 'Xor', 'Equal']);

/** A node, by its operator or operators and its inputs. `where` answers a reason against the node ("keeps no dimensions"). */
export const op = (ops: string | readonly string[], inputs: readonly Pattern[], options: OpOptions = {}): OpPattern => {
  const names = typeof ops === 'string' ? [ops] : ops;
  return {
    kind: 'op',
    ops: names,
    inputs,
    as: options.as ?? null,
    output: options.output ?? 0,
    more: options.more ?? false,
    commutes: options.commutes ?? (inputs.length === 2 && names.every((name) => commutative.has(name))),
    shared: options.shared ?? false,
    where: options.where ?? null,
  };
};

/** A whole pattern. Misses after `near` matched nodes (default: 3) are told, others pass in silence. */
export const shape = (
  name: string,
  root: OpPattern | OneOfPattern,
  options: {
    readonly near?: number;
    readonly where?: (match: Match, draft: Draft) => string | null;
  } = {},
): Shape => ({ name, root, near: options.near ?? 3, where: options.where ?? null });
