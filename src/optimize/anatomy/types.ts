import type { Node, Refusal } from '../../contracts/index.ts';
import type { Linear } from '../linear.ts';

/** A table of vectors that is looked up by index. */
export interface Table {
  /** Initializer, float32 [rows, width]. */
  readonly name: string;
  readonly rows: number;
  readonly width: number;
  /** The node that looks it up: Gather, or EmbedLayerNormalization. */
  readonly gather: Node;
}

/** Columns `from` … `to` of a linear layer: the whole of it, or one part of a packed projection. */
export interface Columns {
  /** Its node is a MatMul or Gemm; or com.microsoft.Attention, whose second input is the packed weight. */
  readonly linear: Linear;
  readonly from: number;
  readonly to: number;
  /** Initializer with the bias: Gemm's, that of an Add behind, or one packed into a fused operator; null: none. */
  readonly bias: string | null;
  /** The place in `bias` that belongs to column `from`. */
  readonly biasFrom: number;
  /** The value that holds all outputs of the layer with the bias added, […, n]; null where the operator keeps it to itself. */
  readonly result: string | null;
}

export interface Attention {
  readonly query: Columns;
  readonly key: Columns;
  readonly value: Columns;
  /** The projection of all heads' results back to the width. */
  readonly output: Linear;
  readonly heads: number;
  /** Heads of key and value: fewer than `heads` in grouped-query attention. */
  readonly keyHeads: number;
  readonly headWidth: number;
  /** What goes into `output`: [batch, tokens, heads · headWidth], or with the first two in one. */
  readonly context: string;
  /** The Softmax, or the fused operator. */
  readonly core: Node;
}

export interface FeedForward {
  readonly up: Linear;
  /** The projection that goes through the activation in gated forms (SwiGLU), where `up` is multiplied with it; or null. */
  readonly gate: Linear | null;
  readonly down: Linear;
  /** What goes into `down`: [batch, tokens, size], or with the first two in one. */
  readonly hidden: string;
  readonly size: number;
}

/** One transformer block. */
export interface Block {
  /** Hidden states before and after: [batch, tokens, width]. The output of one block is the input of the next. */
  readonly input: string;
  readonly output: string;
  /** Normalization comes before attention and feed-forward, or behind their sums (as in BERT). */
  readonly norm: 'before' | 'behind';
  readonly attention: Attention;
  readonly feedForward: FeedForward;
  /** Nodes that only this block needs, in graph order. */
  readonly nodes: readonly Node[];
}

/** The parts of a transformer, whatever its exporter wrote them as. */
export interface Anatomy {
  readonly width: number;
  /** Graph input with the token ids, or null. */
  readonly ids: string | null;
  /** The ids are looked up in a list of other ids before they reach the word table. */
  readonly mapped: boolean;
  readonly word: Table | null;
  readonly position: Table | null;
  readonly type: Table | null;
  /** Hidden states that enter the first block. */
  readonly embedded: string;
  /** In the order in which data passes through them. */
  readonly blocks: readonly Block[];
  /** What looked like a part and was none of these blocks, and why. */
  readonly skipped: readonly Refusal[];
}
