import { attention } from './attention.ts';
import { constantFolding } from './constant-folding.ts';
import { deduplicate } from './deduplicate.ts';
import { dropIdentity } from './drop-identity.ts';
import { embedLayerNormalization } from './embed-layer-normalization.ts';
import { gelu } from './gelu.ts';
import { groupQueryAttention } from './group-query-attention.ts';
import { layerNormalization } from './layer-normalization.ts';
import { rotary } from './rotary.ts';
import { skipLayerNormalization } from './skip-layer-normalization.ts';

/** The same answers from a smaller graph. */
export const fuseTechniques = [
  constantFolding,
  dropIdentity,
  deduplicate,
  gelu,
  layerNormalization,
  skipLayerNormalization,
  attention,
  rotary,
  groupQueryAttention,
  embedLayerNormalization,
] as const;
