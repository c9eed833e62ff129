import type { Node, Tensor } from '../../../contracts/index.ts';
import type { Draft } from '../edit.ts';

/** Any value. With a name it is captured; a name met again must be the same value. */
export interface ValuePattern {
  readonly kind: 'value';
  readonly as: string | null;
  readonly where: ((name: string, draft: Draft) => string | null) | null;
}

/** A value that is the same in every run. */
export interface ConstantPattern {
  readonly kind: 'constant';
  readonly as: string | null;
  readonly where: ((tensor: Tensor) => string | null) | null;
}

/** One number that is the same in every run. */
export interface NumberPattern {
  readonly kind: 'number';
  readonly as: string | null;
  readonly where: (value: number, precision: number) => string | null;
}

/** An omitted optional input. */
export interface AbsentPattern {
  readonly kind: 'absent';
}

/** The first of these that lets the rest match too. */
export interface OneOfPattern {
  readonly kind: 'oneOf';
  readonly of: readonly Pattern[];
}

/** The inner pattern, directly or behind some of these operators' first inputs. */
export interface ThroughPattern {
  readonly kind: 'through';
  readonly ops: readonly string[];
  readonly most: number;
  readonly of: Pattern;
}

/** The value that a node makes. */
export interface OpPattern {
  readonly kind: 'op';
  /** Operators as the text form writes them: `Add`, `com.microsoft.Gelu`. */
  readonly ops: readonly string[];
  /** By position. Further inputs of the node must be absent unless `more`. */
  readonly inputs: readonly Pattern[];
  readonly as: string | null;
  /** Which of the node's outputs the value is. */
  readonly output: number;
  readonly more: boolean;
  /** Both orders of two inputs. Default: what the operator allows. */
  readonly commutes: boolean;
  /** Others may use its outputs, too. */
  readonly shared: boolean;
  readonly where: ((node: Node, draft: Draft) => string | null) | null;
}

export type Pattern =
  ValuePattern | ConstantPattern | NumberPattern | AbsentPattern | OneOfPattern | ThroughPattern | OpPattern;

/** What a pattern found in a graph. Asking for a capture that the pattern does not always make is `maybe`. */
export interface Match {
  readonly root: Node;
  /** All nodes of the match: the root first, then those behind it. */
  readonly nodes: readonly Node[];
  /** A captured value's name. */
  value(as: string): string;
  maybe(as: string): string | null;
  number(as: string): number;
  maybeNumber(as: string): number | null;
  /** The most dimensions that any of the constant numbers has. */
  readonly numberRank: number;
  node(as: string): Node;
  maybeNode(as: string): Node | null;
}

/** The place where a graph stopped to look like a pattern. */
export interface Miss {
  /** A plain sentence: "the exponent is 3, expected 2". */
  readonly reason: string;
  /** The node at which it broke. */
  readonly node: Node;
  /** Nodes that had matched until then. */
  readonly depth: number;
}

export type Outcome =
  { readonly kind: 'match'; readonly match: Match } | { readonly kind: 'miss'; readonly miss: Miss };

/** A whole pattern, from its last node backwards. */
export interface Shape {
  /** How reasons name it: "LayerNormalization". */
  readonly name: string;
  readonly root: OpPattern | OneOfPattern;
  /** From this many matched nodes on, a miss is worth telling. */
  readonly near: number;
  /** What must hold for the match as a whole; a reason where it does not. */
  readonly where: ((match: Match, draft: Draft) => string | null) | null;
}
