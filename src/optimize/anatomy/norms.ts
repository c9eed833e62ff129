import type { Node } from '../../contracts/index.ts';
import { matchAt } from '../../model/graph/index.ts';
import { layerNorm, rmsNorm } from '../fuse/layer-normalization-patterns.ts';
import { isMicrosoft, isOp, rootOf, type MicrosoftNode, type View } from './walk.ts';

/** All normalizations of a graph over the last axis: whole operators, and what exporters spelled out. */
export interface Norms {
  /** What a value is the normalization of; null: it is none. */
  sourceOf(value: string): string | null;
  /** Normalizations of a value. */
  of(value: string): readonly string[];
}

const plain = ['LayerNormalization', 'SimplifiedLayerNormalization', 'RMSNormalization'];
const skipping = ['SkipLayerNormalization', 'SkipSimplifiedLayerNormalization'];

export const isPlainNorm = (node: Node | undefined | null): boolean =>
  isOp(node, ...plain) || isMicrosoft(node, ...plain);
export const isSkipNorm = (node: Node | undefined | null): node is MicrosoftNode => isMicrosoft(node, ...skipping);

/** The sum inside a SkipLayerNormalization: the value where it is handed out, or a name of its own. */
export const innerSum = (node: Node): string => (node.outputs[3] ?? '') || `sum inside ${node.outputs[0] ?? ''}`;

/** Find them all. Time: one pass over the graph. Errors: `model/data` when the file of a small constant is gone. */
export const normsOf = (view: View): Norms => {
  const source = new Map<string, string>();
  const covered = new Set<Node>();
  // Last nodes first: the whole pattern wins over its parts.
  for (const node of view.draft.nodes().toReversed()) {
    const output = node.outputs[0] ?? '';
    if (isPlainNorm(node)) source.set(output, rootOf(view, node.inputs[0] ?? ''));
    else if (isSkipNorm(node)) source.set(output, innerSum(node));
    else if (isMicrosoft(node, 'EmbedLayerNormalization') && (node.outputs[2] ?? '') !== '')
      source.set(output, node.outputs[2] ?? '');
    else if (isOp(node, 'Add', 'Mul', 'Div') && !covered.has(node)) {
      for (const shape of [layerNorm, rmsNorm]) {
        const found = matchAt(view.draft, shape, node);
        if (found.kind === 'miss') continue;
        for (const one of found.match.nodes) covered.add(one);
        source.set(output, rootOf(view, found.match.value('x')));
        break;
      }
    }
  }
  const of = new Map<string, string[]>();
  for (const [output, from] of source) of.set(from, [output, ...(of.get(from) ?? [])]);
  return {
    sourceOf: (value) => source.get(rootOf(view, value)) ?? null,
    of: (value) => of.get(rootOf(view, value)) ?? [],
  };
};
