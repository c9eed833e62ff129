import type { DataType, Dim, Node, Tensor } from '../../contracts/index.ts';
import type { Emitter } from '../writing/emit.ts';

/** What a rule sees of the node it goes back through. */
export interface Backward {
  readonly node: Node;
  /** Where the rule writes its nodes. */
  readonly to: Emitter;
  /** Name of an input; '' when omitted. */
  input(position: number): string;
  output(position?: number): string;
  /** The gradient of the loss by an output; null when the loss does not depend on it. */
  grad(position?: number): string | null;
  /** The gradient by the first output. Throws when it is null: rules of operators with one output. */
  readonly dy: string;
  /** Whether the gradient by this input is wanted. */
  wants(position: number): boolean;
  /** What is known about a value's shape; null when even the rank is unknown. */
  dims(name: string): readonly Dim[] | null;
  /** Errors: `training/rank` when it is unknown. */
  rank(name: string): number;
  /** Type of a value that gradients flow through; float32 when unknown. */
  dtype(name: string): DataType;
  /** Contents of a small constant integer vector; null when computed. */
  integers(position: number): readonly number[] | null;
  constant(position: number): Tensor | null;
  /** The node that makes a value; null for inputs and constants. */
  maker(name: string): Node | null;
  /** The number that a value always is; null when it is computed or not a single number. */
  number(name: string): number | null;
  /** A scalar of the same type as the first output. */
  scalar(value: number): string;
  /** Throws `training/unsupported` naming the node. */
  refuse(what: string): never;
}

/** From the gradients by a node's outputs to those by its inputs: one name per input, null (or nothing) where there is none.
 *  A gradient has the shape and the type of the value it belongs to. */
export type Rule = (at: Backward) => readonly (string | null)[];
