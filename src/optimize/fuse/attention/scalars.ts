import type { Context, Node, Tensor } from '../../../contracts/index.ts';
import type { Draft } from '../../../model/graph/index.ts';
import { elementCount, toFloat32 } from '../../../model/tensor/index.ts';
import type { Sizes } from './sizes.ts';

const functions: Readonly<Record<string, (a: number, b: number) => number>> = {
  Sqrt: (a) => Math.sqrt(a),
  Reciprocal: (a) => 1 / a,
  Neg: (a) => -a,
  Cast: (a) => a,
  Identity: (a) => a,
  Squeeze: (a) => a,
  Unsqueeze: (a) => a,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Sub: (a, b) => a - b,
  Add: (a, b) => a + b,
  Pow: (a, b) => a ** b,
};
const unary = new Set('Sqrt Reciprocal Neg Cast Identity Squeeze Unsqueeze'.split(' '));

/** The numbers of a constant as float64; null for strings and packed types. Reads the tensor. */
export const numbersOf = async (tensor: Tensor, context: Context): Promise<ArrayLike<number> | null> => {
  if (tensor.dtype === 'string' || tensor.data.kind === 'strings') return null;
  try {
    return toFloat32(tensor.dtype, await context.bytes(tensor));
  } catch (error) {
    if (error instanceof Error && error.name === 'SteelyardError') return null;
    throw error;
  }
};

/** The one number behind a name: a constant of one element, a size, or a short computation of such numbers (exporters write
 *  √(head size) this way). null when it is not one number or not the same in every run. */
export const scalarOf = async (
  name: string,
  draft: Draft,
  sizes: Sizes,
  context: Context,
  depth = 0,
): Promise<number | null> => {
  const tensor = draft.constant(name) ?? draft.captured(name);
  if (tensor) {
    if (elementCount(tensor.dims) !== 1) return null;
    return (await numbersOf(tensor, context))?.[0] ?? null;
  }
  const contents = sizes.contents(name);
  if (contents?.length === 1 && typeof contents[0] === 'number') return contents[0];
  const node: Node | undefined = draft.producer(name);
  if (!node || node.domain !== '' || depth > 8 || !Object.hasOwn(functions, node.op)) return null;
  const a = await scalarOf(node.inputs[0] ?? '', draft, sizes, context, depth + 1);
  if (a === null) return null;
  const b = unary.has(node.op) ? 0 : await scalarOf(node.inputs[1] ?? '', draft, sizes, context, depth + 1);
  return b === null ? null : (functions[node.op]?.(a, b) ?? null);
};
