import type { Graph, Model, Node, Tensor } from '../../contracts/index.ts';
import { constantValue, overridableOf } from '../../model/graph/index.ts';
import { elementCount, readTensorSync } from '../../model/tensor/index.ts';
import { renameNode } from '../rename.ts';
import { emitter, extend } from '../writing/emit.ts';

const truthOf = (value: Tensor | undefined): boolean | null =>
  value?.dtype === 'bool' && elementCount(value.dims) === 1 ? Number(readTensorSync(value)[0]) !== 0 : null;

/** Puts the branch of every If whose condition is a constant in its place, in bodies of such branches too: what runs always is differentiated
 *  like any other part of the graph. Names inside get new ones, names of the node's outputs stay; weights that lie in the branch become
 *  weights of the graph. Conditions that are computed, or that a caller may feed, stay as they are.
 *  Answers the model itself where there is nothing to do. Source: ONNX If. */
export const settleBranches = (model: Model): Model => {
  const { graph } = model;
  const to = emitter(model);
  const fed = overridableOf(model, graph);
  const constants = new Map([...graph.initializers].filter(([name]) => !fed.has(name)));
  const lifted = new Map<string, Tensor>();

  const branchOf = ({ op, domain, inputs, attributes }: Node): Graph | null => {
    if (op !== 'If' || domain !== '') return null;
    const truth = truthOf(constants.get(inputs[0] ?? ''));
    const branch = truth === null ? undefined : attributes[truth ? 'then_branch' : 'else_branch'];
    return branch?.kind === 'graph' ? branch.value : null;
  };
  const settled = (node: Node): readonly Node[] => {
    const value = constantValue(node);
    if (value !== null) constants.set(node.outputs[0]!, value);
    const branch = branchOf(node);
    if (branch === null) return [node];
    const own = [...branch.initializers.keys(), ...branch.nodes.flatMap(({ outputs }) => outputs)];
    const names = new Map(own.filter((name) => name !== '').map((name) => [name, to.fresh(name)]));
    const rename = (name: string): string => names.get(name) ?? name;
    for (const [name, tensor] of branch.initializers) {
      lifted.set(rename(name), tensor);
      constants.set(rename(name), tensor);
    }
    const inner = branch.nodes.map((one) => renameNode(one, rename, ''));
    const ends = branch.outputs.flatMap(({ name }, i): Node[] => {
      const output = node.outputs[i] ?? '';
      if (output === '') return [];
      return [{ name: '', op: 'Identity', domain: '', inputs: [rename(name)], outputs: [output], attributes: {} }];
    });
    return [...inner, ...ends].flatMap(settled);
  };
  const nodes = graph.nodes.flatMap(settled);
  if (nodes.length === graph.nodes.length && nodes.every((node, i) => node === graph.nodes[i])) return model;
  return extend({ ...model, graph: { ...graph, nodes } }, { nodes: [], initializers: lifted });
};
