import type { Node, Refusal } from '../../contracts/index.ts';
import { intOf, intsOf, labelOf, type Draft } from '../../model/graph/index.ts';
import type { Cut, Tables } from './tables.ts';

/** Layers that give one score per token, and what of them follows the table. */
export interface OutputLayers {
  readonly cuts: readonly Cut[];
  /** Values whose last axis has one entry a token. */
  readonly scores: ReadonlySet<string>;
}

const isPlain = (node: Node, ...ops: string[]): boolean => node.domain === '' && ops.includes(node.op);

const refusal = (reason: string, ...nodes: Node[]): Refusal => ({ reason, nodes: nodes.map(labelOf) });

/** Who reads the table besides its lookups: null when nobody, or the first reader. */
export const otherReader = (draft: Draft, tables: Tables): Node | 'a subgraph' | null => {
  const lookups = new Set(tables.lookups.map(({ node }) => node));
  for (const name of [...tables.values.keys(), ...tables.cuts.map((cut) => cut.name)]) {
    if (draft.capturedBySubgraph(name)) return 'a subgraph';
    for (const node of draft.consumers(name))
      if (!lookups.has(node) && !node.outputs.some((output) => tables.values.has(output))) return node;
  }
  return null;
};

/** Score values that a layer's product becomes, with the biases on the way; or why they are not understood: they must become
 *  outputs of the model unchanged but for a bias. */
const follow = (draft: Draft, product: string, rows: number): OutputLayers | Refusal => {
  const scores = new Set([product]);
  const cuts: Cut[] = [];
  const waiting = [product];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (draft.capturedBySubgraph(name)) return { reason: 'the scores of tokens are used inside a subgraph', nodes: [] };
    const users = draft.consumers(name);
    if (users.length === 0 && !draft.isOutput(name))
      return { reason: `the scores ${name} reach no output of the model`, nodes: [] };
    for (const node of users) {
      if (isPlain(node, 'Shape', 'Size'))
        return refusal('the number of tokens is read from the shape of their scores', node);
      const other = node.inputs.find((one) => one !== name);
      const bias = other === undefined ? null : draft.constant(other);
      if (isPlain(node, 'Add') && other !== undefined && bias !== null) {
        if (bias.dims.at(-1) === rows && rows > 1) {
          if (bias.dims.slice(0, -1).some((dim) => dim !== 1) || draft.consumers(other).length > 1)
            return refusal(`the bias ${other} of the token scores has other uses`, node);
          cuts.push({ name: other, axis: bias.dims.length - 1 });
        } else if (bias.dims.some((dim) => dim !== 1))
          return refusal(`the bias ${other} does not fit the token scores`, node);
      } else if (!isPlain(node, 'Identity', 'Cast'))
        return refusal(`the scores of tokens are used by ${node.op} ${labelOf(node)}, which reads them by place`, node);
      const [output] = node.outputs;
      if (output !== undefined && !scores.has(output)) {
        scores.add(output);
        waiting.push(output);
      }
    }
  }
  return { cuts, scores };
};

/** The product of a layer with one output a token: its own weight and bias, as far as they are constants. null: no such layer. */
const layerOf = (draft: Draft, node: Node, tables: Tables): readonly Cut[] | Refusal | null => {
  const [, weight = '', bias = ''] = node.inputs;
  if (!isPlain(node, 'MatMul', 'Gemm')) return null;
  const axis = node.op === 'Gemm' && intOf(node, 'transB', 0) !== 0 ? 0 : 1;
  const own = draft.constant(weight);
  const turned = turnedOf(draft, weight, tables);
  const tied = axis === 0 ? tables.values.has(weight) : turned;
  if (!tied && (own === null || own.dims.length !== 2 || own.dims[axis] !== tables.rows)) return null;
  if (!tied && draft.consumers(weight).length > 1)
    return refusal(`the weight ${weight} of the output layer has other uses`, node);
  const cuts: Cut[] = tied ? [] : [{ name: weight, axis }];
  if (node.op === 'Gemm' && bias !== '') {
    const constant = draft.constant(bias);
    if (constant === null) return refusal('the bias of the output layer is computed', node);
    if (constant.dims.at(-1) === tables.rows) {
      if (draft.consumers(bias).length > 1 || constant.dims.slice(0, -1).some((dim) => dim !== 1))
        return refusal(`the bias ${bias} of the output layer has other uses`, node);
      cuts.push({ name: bias, axis: constant.dims.length - 1 });
    } else if (constant.dims.some((dim) => dim !== 1))
      return refusal('the bias of the output layer does not fit', node);
  }
  return cuts;
};

/** Whether a value is the table turned: [width, rows]. */
const turnedOf = (draft: Draft, name: string, tables: Tables): boolean => {
  const maker = draft.producer(name);
  return (
    maker !== undefined &&
    isPlain(maker, 'Transpose') &&
    tables.values.has(maker.inputs[0]!) &&
    intsOf(maker, 'perm', [1, 0]).join() === '1,0'
  );
};

/** All layers with one score a token, tied to the table or not, which must be cut with it when ids change; or why they cannot be.
 *  `untied`: whether a layer of its own may be one of them. Reads no weights. */
export const findOutputLayers = (draft: Draft, tables: Tables, untied: boolean): OutputLayers | Refusal => {
  const cuts = new Map<string, Cut>();
  const scores = new Set<string>();
  const lookups = new Set(tables.lookups.map(({ node }) => node));
  const understood = new Set<Node>();
  for (const node of draft.nodes()) {
    const own = layerOf(draft, node, tables);
    if (own === null) continue;
    const tied = 'reason' in own || !own.some(({ name }) => name === node.inputs[1]);
    if (!tied && !untied) continue;
    const found = 'reason' in own ? own : follow(draft, node.outputs[0]!, tables.rows);
    if ('reason' in found) {
      // A layer inside the model may have as many outputs by chance.
      if (!tied) continue;
      return found;
    }
    understood.add(node);
    for (const cut of [...(own as readonly Cut[]), ...found.cuts]) cuts.set(cut.name, cut);
    for (const name of found.scores) scores.add(name);
  }
  for (const name of [...tables.values.keys(), ...tables.cuts.map((cut) => cut.name)]) {
    if (draft.capturedBySubgraph(name)) return { reason: 'the table is also used inside a subgraph', nodes: [] };
    if (draft.isOutput(name)) return { reason: `the table ${name} is an output of the model`, nodes: [] };
    for (const node of draft.consumers(name)) {
      if (lookups.has(node) || understood.has(node)) continue;
      if (node.outputs.some((output) => tables.values.has(output))) continue;
      const turned = node.outputs[0]!;
      if (
        turnedOf(draft, turned, tables) &&
        !draft.isOutput(turned) &&
        draft.consumers(turned).every((one) => understood.has(one))
      )
        continue;
      return refusal(`the table ${name} is also used by ${node.op} ${labelOf(node)}`, node);
    }
  }
  for (const { name } of draft.model.graph.outputs)
    if (untied && !scores.has(name) && draft.shape(name)?.at(-1) === tables.rows)
      return {
        reason: `the output ${name} has one score per token, and the layer that makes it is not understood`,
        nodes: [],
      };
  return { cuts: [...cuts.values()], scores };
};
