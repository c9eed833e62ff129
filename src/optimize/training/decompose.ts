import { isSteelyardError, type Model, type Node } from '../../contracts/index.ts';
import { capturesOfNode } from '../../model/graph/index.ts';
import { decompositionOf } from './decompose/table.ts';
import { emitter } from '../writing/emit.ts';
import { knowledgeOf } from '../writing/knowledge.ts';
import { ruleOf } from './rules/index.ts';
import { checkOpset, takeApart, type Parts } from './take-apart.ts';

/** In training mode, and without an output for its mask: the gradient needs that. */
const hidesMask = ({ op, domain, inputs, outputs }: Node): boolean =>
  op === 'Dropout' && domain === '' && (inputs[2] ?? '') !== '' && (outputs[1] ?? '') === '';

/** Without outputs for its mean and inverse deviation: the gradient would compute them again. */
const hidesStatistics = ({ op, domain, outputs }: Node): boolean =>
  op === 'LayerNormalization' && domain === '' && (outputs[1] ?? '') === '' && (outputs[2] ?? '') === '';

/** The model with every fused operator in the plainer operators that gradients are written for, so that forward and backward share
 *  what they compute. Inputs, outputs and weights keep their names; operators with a gradient rule of their own stay as they are, and so
 *  do those that no decomposition covers (`differentiate` names them when it needs them). Dropout in training mode gives its mask out,
 *  LayerNormalization its statistics.
 *  Errors: `training/opset` below 13, `training/rank` where a decomposition needs a rank that shape inference does not find. */
export const decompose = (model: Model): Model => {
  const { graph } = model;
  const to = emitter(model);
  const known = knowledgeOf(model, to);
  let changed = false;
  const partsOf = (node: Node): Parts | null => {
    const decomposition = ruleOf(node) === undefined ? decompositionOf(node) : undefined;
    if (decomposition === undefined) return null;
    checkOpset(to.opset);
    try {
      return takeApart(node, decomposition, to, known);
    } catch (error) {
      if (isSteelyardError(error) && error.code === 'training/unsupported') return null;
      throw error;
    }
  };
  const used = usedIn(model);
  const nodes = graph.nodes.flatMap((node) => {
    known.learn(node);
    if (hidesMask(node)) {
      changed = true;
      return [{ ...node, outputs: [node.outputs[0] ?? '', to.fresh('training/mask')] }];
    }
    if (hidesStatistics(node)) {
      changed = true;
      const statistics = ['mean', 'deviation'].map((what) => to.fresh(`training/${what}`));
      return [{ ...node, outputs: [node.outputs[0] ?? '', ...statistics] }];
    }
    const parts = partsOf(node);
    // Statistics that only this operator gives out must be made by it.
    if (parts === null || parts.unmade.some((name) => used.has(name))) return [node];
    changed = true;
    return parts.nodes;
  });
  if (!changed) return model;
  const initializers = new Map([...graph.initializers, ...to.initializers]);
  return { ...model, graph: { ...graph, nodes, initializers } };
};

/** Every name that a node, a body or the caller uses. */
const usedIn = ({ graph }: Model): ReadonlySet<string> =>
  new Set([
    ...graph.nodes.flatMap((node) => [...node.inputs, ...capturesOfNode(node)]),
    ...graph.outputs.map(({ name }) => name),
  ]);
