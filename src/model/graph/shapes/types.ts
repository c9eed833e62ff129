import type { DataType, Dim, Node, Tensor, ValueType } from '../../../contracts/index.ts';
import { dataTypeOf } from '../../tensor/index.ts';
import { intOf } from '../attributes.ts';

/** What is known about one value. `dims: null` means that even the rank is unknown. */
export interface Inferred {
  /** null: unknown. */
  readonly dtype: DataType | null;
  readonly dims: readonly Dim[] | null;
  /** The contents of a small integer tensor (a scalar or one dimension), as far as known: shapes travel through
   *  Shape → Gather → Concat → Reshape this way. */
  readonly data?: readonly Dim[];
  /** Set for sequences, optionals and maps: then dtype and dims are null. */
  readonly other?: ValueType;
}

/** What a rule sees of its node. Input positions past the end and omitted inputs answer null. */
export interface RuleInput {
  readonly node: Node;
  /** Version of the node's own operator set. */
  readonly opset: number;
  has(position: number): boolean;
  input(position: number): Inferred | null;
  dtype(position: number): DataType | null;
  dims(position: number): readonly Dim[] | null;
  /** Rank, when known. */
  rank(position: number): number | null;
  /** The contents of a small integer input, as far as known; null when nothing is. */
  data(position: number): readonly Dim[] | null;
  /** Like `data`, but only when every element is a known number. */
  numbers(position: number): readonly number[] | null;
  /** The constant behind an input; null when it is computed. */
  tensor(position: number): Tensor | null;
  /** Infer a body of this node with what is known about its inputs; answers its outputs in order. */
  body(attribute: string, inputs: readonly (Inferred | null)[]): readonly (Inferred | null)[];
}

/** One entry per output of the node; null or a missing entry: nothing is known. A rule never guesses. */
export type Rule = (at: RuleInput) => readonly (Inferred | null)[];

/** Operator name → rule. */
export type Rules = Readonly<Record<string, Rule>>;

/** A tensor with these facts. */
export const known = (dtype: DataType | null, dims: readonly Dim[] | null, data?: readonly Dim[]): Inferred =>
  data === undefined ? { dtype, dims } : { dtype, dims, data };

/** The data type that an int attribute names; null when absent, 0 (undefined) or not a known type. */
export const typeAttribute = (node: Node, name: string): DataType | null => {
  const dtype = dataTypeOf(intOf(node, name, 0));
  return dtype === 'undefined' ? null : dtype;
};
