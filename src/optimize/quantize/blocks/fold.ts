import type { Context, Node, Tensor } from '../../../contracts/index.ts';
import type { Draft } from '../../../model/graph/index.ts';
import { toFloat32 } from '../../../model/tensor/index.ts';
import { float32 } from '../../linear.ts';
import type { Unit } from './targets.ts';

/** Multiply a value's channels where the value is made, in constants that are there anyway. */
export interface Fold {
  /** Nodes whose inputs at these places are constants over channels, to be multiplied. */
  readonly constants: readonly { readonly node: Node; readonly places: readonly number[] }[];
  /** Units whose output columns are to be multiplied. */
  readonly units: readonly Unit[];
}

/** Which inputs of a normalization scale and shift its result, channel by channel. */
const normalizations: Readonly<Record<string, readonly number[]>> = {
  LayerNormalization: [1, 2],
  SimplifiedLayerNormalization: [1],
  RMSNormalization: [1],
  'com.microsoft/SkipLayerNormalization': [2, 3],
  'com.microsoft/SkipSimplifiedLayerNormalization': [2],
};

const nameOf = ({ domain, op }: Node): string => (domain === '' ? op : `${domain}/${op}`);

/** A float32 constant of one value, or of `width` values along its last dimension and one along the others. */
const isChannels = (tensor: Tensor | null, width: number): boolean => {
  if (tensor === null || tensor.dtype !== 'float32') return false;
  const last = tensor.dims.at(-1) ?? 1;
  return (last === width || last === 1) && tensor.dims.slice(0, -1).every((dim) => dim === 1);
};

const join = (...folds: readonly Fold[]): Fold => ({
  constants: folds.flatMap(({ constants }) => constants),
  units: folds.flatMap(({ units }) => units),
});

/** How to multiply the channels of `value` at its source, or null where that would change something else: the value has other users than `users`,
 *  is an output or captured by a body, or is not made by normalization, products and sums with constants, Relu, or a linear layer that is
 *  quantized too. Reads nothing, changes nothing. Positive factors only: Relu lets them through. */
export const foldOf = (
  draft: Draft,
  value: string,
  width: number,
  users: ReadonlySet<Node>,
  unitOf: (node: Node) => Unit | undefined,
): Fold | null => {
  const same = (node: Node): Node => draft.current(node) ?? node;
  const current = new Set([...users].map(same));
  if (draft.isOutput(value) || draft.capturedBySubgraph(value)) return null;
  if (draft.consumers(value).some((node) => !current.has(node))) return null;
  const maker = draft.producer(value);
  if (maker === undefined || maker.outputs[0] !== value) return null;
  const through = (input: string): Fold | null => foldOf(draft, input, width, new Set([maker]), unitOf);
  const constantAt = (place: number): boolean => isChannels(draft.constant(maker.inputs[place] ?? ''), width);
  const places = normalizations[nameOf(maker)];
  if (places !== undefined) {
    const present = places.filter((place) => (maker.inputs[place] ?? '') !== '');
    return present.every(constantAt) && present.includes(places[0]!)
      ? { constants: [{ node: maker, places: present }], units: [] }
      : null;
  }
  if (maker.domain !== '') return null;
  const unit = unitOf(maker);
  if (unit !== undefined) {
    const [linear] = unit.linears;
    const bias = linear?.bias ?? null;
    const free = unit.linears.length === 1 && linear!.n === width && linear!.activation === null;
    // The bias must have all columns to take the factors in.
    const biasFits = bias === null || linear!.beta === 0 || draft.constant(bias)?.dims.at(-1) === width;
    return free && biasFits && (bias === null || constantAt(2) || linear!.beta === 0)
      ? { constants: [], units: [unit] }
      : null;
  }
  if (maker.op === 'Relu') return through(maker.inputs[0]!);
  if (maker.op !== 'Mul' && maker.op !== 'Add') return null;
  const place = [0, 1].find(constantAt);
  const full = (input: string): boolean => draft.shape(input)?.at(-1) === width;
  if (maker.op === 'Mul') {
    if (place !== undefined)
      return full(maker.inputs[1 - place]!) ? { constants: [{ node: maker, places: [place] }], units: [] } : null;
    for (const input of maker.inputs) {
      const fold = full(input) ? through(input) : null;
      if (fold !== null) return fold;
    }
    return null;
  }
  if (place === undefined || !full(maker.inputs[1 - place]!)) return null;
  const rest = through(maker.inputs[1 - place]!);
  return rest === null ? null : join({ constants: [{ node: maker, places: [place] }], units: [] }, rest);
};

/** Multiply the constants of a fold by factors [width]. The units are the caller's. */
export const applyFold = async (draft: Draft, fold: Fold, factors: Float32Array, context: Context): Promise<void> => {
  for (const { node, places } of fold.constants) {
    const now = draft.current(node)!;
    const inputs = [...now.inputs];
    for (const place of places) {
      const tensor = draft.constant(inputs[place]!)!;
      const values = toFloat32('float32', await context.bytes(tensor));
      const scaled = factors.map((factor, i) => factor * values[values.length === 1 ? 0 : i]!);
      const dims = tensor.dims.length === 0 ? [factors.length] : [...tensor.dims.slice(0, -1), factors.length];
      inputs[place] = draft.addInitializer(`${inputs[place]!}_scaled`, float32(dims, scaled));
    }
    draft.replace(now, [{ ...now, inputs }], `${now.op} takes in the scales of the layers after it`);
  }
};
