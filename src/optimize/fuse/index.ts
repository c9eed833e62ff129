import { attention } from './attention.ts';
import { constantFolding } from './constant-folding.ts';
import { convBatchNormalization } from './conv-batch-normalization.ts';
import { deduplicate } from './deduplicate.ts';
import { dropIdentity } from './drop-identity.ts';
import { embedLayerNormalization } from './embed-layer-normalization.ts';
import { gelu } from './gelu.ts';
import { gemm } from './gemm.ts';
import { groupQueryAttention } from './group-query-attention.ts';
import { layerNormalization } from './layer-normalization.ts';
import { reshapeTranspose } from './reshape-transpose.ts';
import { rotary } from './rotary.ts';
import { shapeArithmetic } from './shape-arithmetic.ts';
import { skipLayerNormalization } from './skip-layer-normalization.ts';
import { upstreamGather } from './upstream-gather.ts';

/** The same answers from a smaller graph. */
export const fuseTechniques = [
  constantFolding,
  dropIdentity,
  deduplicate,
  upstreamGather,
  convBatchNormalization,
  gelu,
  layerNormalization,
  skipLayerNormalization,
  attention,
  rotary,
  groupQueryAttention,
  embedLayerNormalization,
  gemm,
  shapeArithmetic,
  reshapeTranspose,
] as const;
