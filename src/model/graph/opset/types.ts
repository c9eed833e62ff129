import type { DataType, Dim, Node, Tensor } from '../../../contracts/index.ts';

/** What an adapter sees of the graph around its node. */
export interface Place {
  /** The version that the whole conversion goes to. */
  readonly target: number;
  /** Sizes as they follow from the graph alone; null when not even the rank does. */
  dims(name: string): readonly Dim[] | null;
  dtype(name: string): DataType | null;
  /** The constant behind a name, also one that a body captures; null when it is computed or callers may override it. */
  constant(name: string): Tensor | null;
  /** Whether a node, a body or the caller uses the value. */
  isUsed(name: string): boolean;
  fresh(hint: string): string;
  /** Adds a constant to the graph of the node; equal ones are added once. Answers its name. */
  weight(hint: string, tensor: Tensor): string;
  /** Remembers, or tells, that a Resize came from Upsample, which never makes anything smaller. */
  readonly enlarging: Set<string>;
}

/** A node that is valid one version below → nodes that do the same at this version, in order; or why that is impossible. */
export type Adapter = (node: Node, at: Place) => readonly Node[] | string;

/** Operator → adapter, for one version. */
export type Adapters = Readonly<Record<string, Adapter>>;
