import type { Node, Tensor } from '../../contracts/index.ts';
import { capturesOfNode, type Draft } from '../../model/graph/index.ts';
import { elementCount } from '../../model/tensor/index.ts';
import { skipUnit, unitsOf, type Unit } from './blocks/targets.ts';

/** Weights that are trained as the integers that they will become, and what is trained beside them. */
export interface AwarePlan {
  readonly units: readonly Unit[];
  /** Biases and the scales and shifts of normalizations, by name. */
  readonly vectors: ReadonlyMap<string, Tensor>;
}

/** Operators whose vectors of numbers are biases, or belong to a normalization. */
const holders = new Set(['Add', 'Sub', 'Mul', 'Gemm', 'LayerNormalization', 'BatchNormalization', 'Conv']);

/** Which weights of the main graph take part; the others are skipped on the draft with their reason. Reads no weights. A weight that is also
 *  used in another way stays: it could not be stored as codes alone. */
export const awarePlanOf = (draft: Draft, exclude: readonly string[]): AwarePlan => {
  const units = unitsOf(draft, exclude);
  const users = new Map<string, Set<Node>>();
  for (const node of draft.nodes())
    for (const name of [...node.inputs, ...capturesOfNode(node)]) {
      const known = users.get(name);
      if (known) known.add(node);
      else users.set(name, new Set([node]));
    }
  const seen = new Set<string>();
  const taken: Unit[] = [];
  for (const unit of units) {
    const { weightName } = unit.linear;
    const own = new Set(unit.linears.map(({ node }) => node));
    const alone = [...(users.get(weightName) ?? [])].every((node) => own.has(node));
    if (!draft.model.graph.initializers.has(weightName))
      skipUnit(draft, unit, `its weight ${weightName} is no initializer`);
    else if (!alone || seen.has(weightName) || draft.isOutput(weightName))
      skipUnit(draft, unit, `its weight ${weightName} is used in another way too`);
    else taken.push(unit);
    seen.add(weightName);
  }
  const vectors = new Map<string, Tensor>();
  for (const node of draft.nodes()) {
    if (node.domain !== '' || !holders.has(node.op)) continue;
    // The mean and variance of a BatchNormalization are no weights.
    for (const name of node.inputs.slice(0, 3)) {
      const tensor = draft.model.graph.initializers.get(name);
      if (tensor === undefined || draft.constant(name) === null) continue;
      if (tensor.dtype === 'float32' && tensor.dims.length === 1 && elementCount(tensor.dims) > 1)
        vectors.set(name, tensor);
    }
  }
  return { units: taken, vectors };
};
