import type { DataType, Dim, Model, Node, Tensor, ValueInfo } from '../../contracts/index.ts';
import { capturesOfNode, inferFacts } from '../../model/graph/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { anatomyOf } from '../anatomy/index.ts';
import { emitter, extend } from '../writing/emit.ts';
import { distillation, relativeSquare, weightedSum } from '../training/losses.ts';
import type { Trainable } from './trainable.ts';

/** A value that the changed model and the original both have. */
export interface Common {
  readonly name: string;
  /** As far as known. */
  readonly dims: readonly Dim[] | null;
}

/** The loss of a changed model against the original's values. */
export interface Recovery {
  /** Outputs: the loss, then each part of it by itself. */
  readonly model: Model;
  /** Value of the original → input of the loss. */
  readonly inner: ReadonlyMap<string, string>;
}

const info = (name: string, dtype: DataType, dims: readonly Dim[] | null): ValueInfo => ({
  name,
  type: { kind: 'tensor', dtype, dims },
});

/** Hidden states behind the original's blocks that the changed model has under the same name and with the same width. */
export const commonStates = (model: Model, original: Model): Common[] => {
  const theirs = anatomyOf(original);
  if ('reason' in theirs) return [];
  const made = new Set(model.graph.nodes.flatMap(({ outputs }) => outputs));
  const [before, after] = [inferFacts(original), inferFacts(model)];
  return theirs.blocks.flatMap(({ output }) => {
    const [was, now] = [before.get(output), after.get(output)];
    if (!made.has(output) || was?.dtype !== 'float32' || now?.dtype !== 'float32') return [];
    const width = was.dims?.at(-1);
    return typeof width === 'number' && now.dims?.length === was.dims!.length && now.dims.at(-1) === width
      ? [{ name: output, dims: was.dims!.map((dim) => (typeof dim === 'number' ? dim : null)) }]
      : [];
  });
};

/** Weights times their masks, wherever they are used: what was pruned gets no gradient and stays zero. A weight that the body of an
 *  If, Loop or Scan uses is left as it is: it is not among the answered names. */
const masked = (
  model: Model,
  weights: readonly Trainable[],
): { readonly model: Model; readonly nodes: readonly Node[] } => {
  const captured = new Set(model.graph.nodes.flatMap((node) => [...capturesOfNode(node)]));
  const pruned = weights.filter(({ name, mask }) => mask !== null && !captured.has(name));
  if (pruned.length === 0) return { model, nodes: [] };
  const to = emitter(model);
  const stands = new Map<string, string>();
  for (const { name, tensor: weight, mask } of pruned) {
    const factor = to.add(`distill/mask/${name}`, tensor('float32', weight.dims, mask!));
    stands.set(name, to.emit('Mul', [name, factor], {}, `distill/masked/${name}`));
  }
  const nodes = model.graph.nodes.map((node) =>
    node.inputs.some((name) => stands.has(name))
      ? { ...node, inputs: node.inputs.map((name) => stands.get(name) ?? name) }
      : node,
  );
  return {
    nodes: to.nodes,
    model: {
      ...model,
      graph: {
        ...model.graph,
        nodes: [...to.nodes, ...nodes],
        initializers: new Map<string, Tensor>([...model.graph.initializers, ...to.initializers]),
      },
    },
  };
};

/** The loss of a changed model against what the original answers: KL of softened scores (`classes`), or the relative squared difference
 *  of the output; and of hidden states that both have. Sources: Hinton et al. 2015, §2; Sanh et al. 2020 (movement pruning), §5, for recovery
 *  by distillation. */
export const recoveryOf = (
  model: Model,
  output: Common,
  states: readonly Common[],
  weights: readonly Trainable[],
  settings: {
    readonly kind: 'scores' | 'values';
    readonly temperature: number;
    readonly answers: number;
    readonly hidden: number;
  },
): Recovery => {
  const { model: prepared } = masked(model, weights);
  const inner = new Map<string, string>();
  const inputs = [...prepared.graph.inputs];
  for (const { name, dims } of [output, ...states]) {
    inner.set(name, `distill/original/${name}`);
    inputs.push(info(`distill/original/${name}`, 'float32', dims));
  }
  const asked = { ...prepared, graph: { ...prepared.graph, inputs } };
  const to = emitter(asked);
  const wanted = (name: string): string => inner.get(name)!;
  const answers =
    settings.kind === 'scores'
      ? distillation(to, output.name, wanted(output.name), settings.temperature)
      : relativeSquare(to, output.name, wanted(output.name));
  const hidden = states.map(({ name }) => [relativeSquare(to, name, wanted(name)), 1 / states.length] as const);
  const parts = [
    { name: 'answers', loss: answers, weight: settings.answers },
    ...(hidden.length === 0 ? [] : [{ name: 'hidden', loss: weightedSum(to, hidden), weight: settings.hidden }]),
  ];
  const whole = weightedSum(
    to,
    parts.map(({ loss, weight }) => [loss, weight] as const),
  );
  const outputs = [
    to.emit('Identity', [whole], {}, 'distill/loss'),
    ...parts.map(({ name, loss }) => to.emit('Identity', [loss], {}, `distill/${name}`)),
  ];
  const extended = extend(asked, to);
  return {
    model: { ...extended, graph: { ...extended.graph, outputs: outputs.map((name) => info(name, 'float32', [])) } },
    inner,
  };
};
