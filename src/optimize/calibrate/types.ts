import type { Node, Tensor, Value } from '../../contracts/index.ts';

/** The nodes that compute a statistic inside the session, and the constants they need. */
export interface ProbeNodes {
  readonly nodes: readonly Node[];
  readonly initializers?: ReadonlyMap<string, Tensor>;
  /** Further inputs of the model by name, asked for before each batch (counted from 0); probes may share one. */
  readonly inputs?: ReadonlyMap<string, (batch: number) => Value>;
}

/** Something to learn about one float32 value of a model from real inputs, batch by batch, without keeping the batches. */
export interface Statistic {
  /** What leaves the session per batch: 'small' a reduced tensor, 'whole' the value itself (fetched a few at a time),
   *  'sum' nothing: the session adds the batches up and hands over the sum at the end. */
  readonly kind: 'small' | 'whole' | 'sum';
  /** For kind 'small': the number of values, where it is the same for every batch and they come as a list. Such lists leave the session
   *  as one tensor. */
  readonly size?: number;
  /** Shape of the sum; for kind 'sum' only. */
  readonly dims?: readonly number[];
  /** Nodes that compute `output` from `value`; inner names start with `prefix`. For 'whole': none, the value is fetched. */
  nodes(value: string, output: string, prefix: string, opset: number): ProbeNodes;
  /** Takes in one batch's tensor (for 'sum': the final sum, once). */
  add(value: Value): void;
}
