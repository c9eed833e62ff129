import type { Attribute, Dim, Node } from '../../../contracts/index.ts';
import type { View } from '../../anatomy/walk.ts';

/** The unit (head, neuron, channel) of each place along an axis; −1 for places that stay whatever is cut. */
export type Units = Int32Array;

/** An axis of a node's constant operand that loses the places of units that go. */
export interface Cut {
  readonly node: Node;
  readonly input: number;
  readonly axis: number;
  readonly units: Units;
}

/** A layer whose input loses places: along this axis of its weight (the second operand). */
export interface Consumer {
  readonly node: Node;
  readonly axis: number;
  readonly units: Units;
}

/** Which units stay, and what sizes become. */
export interface Kept {
  /** Places that stay. */
  places(units: Units): readonly number[];
  /** Size of a value's axis after the cut. */
  size(value: string, axis: number): Dim;
  /** How many of the first places of a value's axis stay. */
  before(value: string, axis: number, place: number): number;
  /** An int64 vector as a constant; answers its name. */
  integers(values: readonly number[]): string;
  /** A computed int64 vector with one entry replaced by a number; answers its name. */
  withEntry(vector: string, length: number, place: number, value: number): string;
}

/** A node while it is rewritten. */
export interface Draftable {
  inputs: string[];
  attributes: Record<string, Attribute>;
}

/** What changes on a node besides its weights: head counts, shapes, groups. */
export interface Edit {
  readonly node: Node;
  readonly apply: (node: Draftable, kept: Kept) => void;
}

/** Everything that has to go together when a unit goes. */
export interface Group {
  /** Number of units. */
  readonly count: number;
  /** Value → axis → units. */
  readonly values: ReadonlyMap<string, ReadonlyMap<number, Units>>;
  readonly cuts: readonly Cut[];
  readonly edits: readonly Edit[];
  /** Layers that read the units. */
  readonly consumers: readonly Consumer[];
  /** Layers that make them: along this axis of their weight. */
  readonly producers: readonly Consumer[];
  /** All nodes that the cut runs through, in graph order. */
  readonly nodes: readonly Node[];
  /** A mean or variance over the axis becomes another one. */
  readonly restated: boolean;
}

/** Where the spread of a cut meets a node. */
export interface At {
  readonly side: 'input' | 'output';
  readonly index: number;
  readonly axis: number;
  readonly units: Units;
}

/** What a rule may do. Answers of a rule: a reason where the units cannot be followed through the node, or nothing. */
export interface Spread {
  readonly view: View;
  dims(name: string): readonly Dim[] | null;
  /** The cut runs along this axis of an operand; of a constant one it takes places away. */
  input(node: Node, index: number, axis: number, units: Units): void;
  output(node: Node, index: number, axis: number, units: Units): void;
  consumer(node: Node, axis: number, units: Units): void;
  producer(node: Node, axis: number, units: Units): void;
  /** At most one edit of a kind for each node. */
  edit(node: Node, kind: string, apply: Edit['apply']): void;
  restate(): void;
}

export type Rule = (node: Node, to: Spread, at: At) => string | undefined;
