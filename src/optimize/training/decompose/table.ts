import type { Node } from '../../../contracts/index.ts';
import { attention, multiHeadAttention, standardAttention } from './attention.ts';
import { fusedConv, fusedGemm, fusedMatMul } from './fused.ts';
import { groupQueryAttention } from './grouped.ts';
import {
  embedLayerNormalization,
  groupNormalization,
  instanceNormalization,
  lpNormalization,
  meanVarianceNormalization,
  skipLayerNormalization,
  skipSimplifiedLayerNormalization,
} from './normalize.ts';
import type { Decomposition } from './types.ts';

type Table = Readonly<Record<string, Decomposition>>;

const standard: Table = {
  Attention: standardAttention,
  GroupNormalization: groupNormalization,
  InstanceNormalization: instanceNormalization,
  LpNormalization: lpNormalization,
  MeanVarianceNormalization: meanVarianceNormalization,
};

const microsoft: Table = {
  Attention: attention,
  EmbedLayerNormalization: embedLayerNormalization,
  FusedConv: fusedConv,
  FusedGemm: fusedGemm,
  FusedMatMul: fusedMatMul,
  GroupQueryAttention: groupQueryAttention,
  MultiHeadAttention: multiHeadAttention,
  SkipLayerNormalization: skipLayerNormalization,
  SkipSimplifiedLayerNormalization: skipSimplifiedLayerNormalization,
  TransposeMatMul: fusedMatMul,
};

/** Operators that are taken apart before they are differentiated, by domain. */
export const decompositions: Readonly<Record<string, Table>> = { '': standard, 'com.microsoft': microsoft };

/** The decomposition of a node's operator, or undefined. */
export const decompositionOf = (node: Node): Decomposition | undefined => {
  const table = Object.hasOwn(decompositions, node.domain) ? decompositions[node.domain]! : {};
  return Object.hasOwn(table, node.op) ? table[node.op] : undefined;
};
