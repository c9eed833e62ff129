import type { Node } from '../../contracts/index.ts';
import { hasSubgraph } from '../../model/graph/index.ts';

const random = new Set([
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
  'Multinomial',
  'Bernoulli',
  'BiasDropout',
  'BitmaskDropout',
  'BitmaskBiasDropout',
  'Sampling',
]);

const trusted = new Set(['', 'ai.onnx.ml', 'com.microsoft']);

/** Why a node may give another answer for the same inputs, or null when it cannot. Bodies of control flow are not looked
 *  into, and operators of other domains may keep state: both count as "may".
 *  Source: ONNX operator specification, operators marked non-deterministic; Dropout-12, training_mode. */
export const mayVary = (node: Node): string | null => {
  if (hasSubgraph(node)) return 'it is control flow';
  if (!trusted.has(node.domain)) return `operators of ${node.domain} may keep state`;
  if (random.has(node.op)) return 'it is random';
  if (node.op === 'Dropout' && (node.inputs[2] ?? '') !== '') return 'it is random in training mode';
  return null;
};
