import type { Model, Node, Tensor } from '../../contracts/index.ts';
import { editEach, labelOf } from '../../model/graph/index.ts';
import { elementCount } from '../../model/tensor/index.ts';
import { findAttention } from './dynamic-attention.ts';
import { findConv } from './dynamic-conv.ts';
import { findLinear } from './dynamic-linear.ts';
import { findLstm } from './dynamic-lstm.ts';
import { scopesOf } from './dynamic-scope.ts';
import type { Finder, Target } from './dynamic-weights.ts';
import { matches } from '../linear.ts';

/** The kinds of operators that this technique knows, by the names of the `operators` option. */
export const kinds = ['MatMul', 'Gemm', 'Conv', 'LSTM', 'Attention'] as const;
export type Kind = (typeof kinds)[number];

const finders: Readonly<Record<Kind, Finder>> = {
  MatMul: findLinear,
  Gemm: findLinear,
  Conv: findConv,
  LSTM: findLstm,
  Attention: findAttention,
};

const kindByOp: Readonly<Record<string, Kind>> = {
  MatMul: 'MatMul',
  Gemm: 'Gemm',
  Conv: 'Conv',
  ConvTranspose: 'Conv',
  LSTM: 'LSTM',
  GRU: 'LSTM',
  RNN: 'LSTM',
  'com.microsoft.FusedMatMul': 'MatMul',
  'com.microsoft.TransposeMatMul': 'MatMul',
  'com.microsoft.FusedGemm': 'Gemm',
  'com.microsoft.FusedConv': 'Conv',
  'com.microsoft.Attention': 'Attention',
};

/** Which kind a node is of, or null. */
export const kindOf = ({ domain, op }: Node): Kind | null => {
  const name = domain === '' ? op : `${domain}.${op}`;
  return Object.hasOwn(kindByOp, name) ? kindByOp[name]! : null;
};

/** The kinds that patterns name; null when one of them names none. */
export const kindsNamed = (patterns: readonly string[]): ReadonlySet<Kind> | null => {
  const named = new Set<Kind>();
  for (const pattern of patterns) {
    const found = kinds.filter((kind) => matches({ name: kind, outputs: [] }, [pattern]));
    if (found.length === 0) return null;
    for (const kind of found) named.add(kind);
  }
  return named;
};

export interface PlanSettings {
  readonly kinds: ReadonlySet<Kind>;
  readonly exclude: readonly string[];
  /** Targets whose weights have fewer values stay as they are. */
  readonly minValues: number;
  /** Quantize also where the float32 weight has to stay for others. */
  readonly copyShared: boolean;
}

/** What becomes of each node of interest in one graph: it is a target, or it stays for a reason. */
export type Plan = ReadonlyMap<Node, Target | string>;

const bytesPerFloat = 4;

/** Decide for every graph of a model, in the order of `editEach`, what to quantize. Reads no weights.
 *  A weight that stays in the file in float32 (an output, an overridable, another user) saves nothing: its targets are left out. */
export const planAll = async (model: Model, settings: PlanSettings): Promise<readonly Plan[]> => {
  const scopes = scopesOf(model);
  const plans: Map<Node, Target | string>[] = [];
  /** Why a weight stays in float32 whatever happens to the targets. */
  const stays = new Map<Tensor, string>();
  const forms = new Map<Tensor, Set<string>>();
  await editEach(model, (draft) => {
    const scope = scopes[plans.length]!;
    const plan = new Map<Node, Target | string>();
    plans.push(plan);
    const constant = (name: string): Tensor | null => scope.constant(draft, name);
    for (const node of draft.nodes()) {
      const kind = kindOf(node);
      const entry = kind === null ? null : decide(node, kind, constant, settings);
      if (entry !== null) plan.set(node, entry);
      const taken = typeof entry === 'object' && entry !== null ? entry.weights : [];
      for (const { name, tensor, layout } of taken) {
        const layouts = forms.get(tensor) ?? new Set();
        forms.set(tensor, layouts.add(layout));
        // Bodies of such old models are not visited.
        if (model.irVersion < 4 && draft.capturedBySubgraph(name)) stays.set(tensor, 'a body');
      }
      const names = new Set(taken.map(({ name }) => name));
      node.inputs.forEach((name, position) => {
        const tensor = name === '' ? null : constant(name);
        if (tensor === null) return;
        // The second and third operands are the weights; the same name elsewhere is another use.
        const own = names.has(name) && (position === 1 || position === 2);
        if (!own) stays.set(tensor, labelOf(node));
      });
    }
    for (const { name } of draft.model.graph.outputs) {
      const tensor = constant(name);
      if (tensor !== null) stays.set(tensor, 'an output');
    }
  });
  if (settings.copyShared) return plans;
  // A target that is left out keeps its other weights in float32 too, which may decide about further targets.
  for (let again = true; again;) {
    again = false;
    for (const plan of plans)
      for (const [node, entry] of plan) {
        if (typeof entry === 'string') continue;
        const why = entry.weights.map(({ name, tensor }) => notSmaller(name, tensor, stays, forms)).find(Boolean);
        if (why === undefined || why === null) continue;
        plan.set(node, why);
        for (const { tensor } of entry.weights) stays.set(tensor, labelOf(node));
        again = true;
      }
  }
  return plans;
};

/** Why quantizing a weight makes the file no smaller, or null. */
const notSmaller = (
  name: string,
  tensor: Tensor,
  stays: ReadonlyMap<Tensor, string>,
  forms: ReadonlyMap<Tensor, ReadonlySet<string>>,
): string | null => {
  const user = stays.get(tensor);
  if (user !== undefined)
    return `its weight ${name} has to stay in float32 for ${user}: a copy in 8 bits would make the file larger (copyShared makes it anyway)`;
  const copies = forms.get(tensor)?.size ?? 0;
  return copies < bytesPerFloat
    ? null
    : `its weight ${name} is used in ${copies} layouts: as many copies in 8 bits would make the file no smaller (copyShared makes them anyway)`;
};

const decide = (
  node: Node,
  kind: Kind,
  constant: (name: string) => Tensor | null,
  { kinds: wanted, exclude, minValues }: PlanSettings,
): Target | string | null => {
  const found = finders[kind](node, constant);
  if (found === null) return null;
  if (!wanted.has(kind)) {
    // Only worth a word where it could be done.
    if (typeof found === 'string') return null;
    return `${kind} is not among the operators to quantize (option operators)`;
  }
  if (matches(node, exclude)) return 'excluded by the exclude option';
  if (typeof found === 'string') return found;
  const values = found.weights.reduce((sum, { tensor }) => sum + elementCount(tensor.dims), 0);
  return values < minValues
    ? `its weight has ${values} values, fewer than ${minValues}: the added operators would cost more than they save`
    : found;
};
