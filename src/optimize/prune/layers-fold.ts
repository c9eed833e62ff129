import type { Context } from '../../contracts/index.ts';
import type { Draft } from '../../model/graph/index.ts';
import { toFloat32 } from '../../model/tensor/index.ts';
import { resultOf, type Anatomy } from '../anatomy/index.ts';
import { isPlainNorm, isSkipNorm } from '../anatomy/norms.ts';
import { isMicrosoft, isOp, type View } from '../anatomy/walk.ts';
import { float32 } from '../linear.ts';
import type { Likeness } from './layers-likeness.ts';

/** An operand of the node that makes `value`: a constant vector over the channels. */
interface Spot {
  readonly value: string;
  readonly input: number;
}

/** Constants that can take up a scale and a shift of a value, channel by channel. */
export interface Fold {
  /** null: only a shift can be taken up. */
  readonly scale: Spot | null;
  readonly shift: Spot;
}

const isVector = (draft: Draft, name: string | undefined, width: number): boolean => {
  const found = name === undefined || name === '' ? null : draft.constant(name);
  return found?.dtype === 'float32' && found.dims.at(-1) === width && found.dims.slice(0, -1).every((dim) => dim === 1);
};

/** Where the value behind it can be corrected: scale and shift of a normalization that makes it (an operator, or spelled out as
 *  · scale + shift), or the bias of the layer whose result was added to the stream. null: nowhere. */
export const foldAt = ({ draft, ...rest }: View, { width, blocks }: Anatomy, value: string): Fold | null => {
  const node = draft.producer(value);
  if (!node) return null;
  const both = (scale: number, shift: number): Fold | null =>
    isVector(draft, node.inputs[scale], width) && isVector(draft, node.inputs[shift], width)
      ? { scale: { value, input: scale }, shift: { value, input: shift } }
      : null;
  if (isPlainNorm(node)) return both(1, 2);
  if (isSkipNorm(node) && node.op === 'SkipLayerNormalization' && node.outputs[0] === value) return both(2, 3);
  if (isMicrosoft(node, 'EmbedLayerNormalization')) return both(5, 6);
  if (isOp(node, 'Add')) {
    const shift = [0, 1].find((i) => isVector(draft, node.inputs[i], width));
    const scaled = shift === undefined ? undefined : draft.producer(node.inputs[1 - shift] ?? '');
    const scale = isOp(scaled, 'Mul') ? [0, 1].find((i) => isVector(draft, scaled.inputs[i], width)) : undefined;
    if (shift !== undefined && scaled && scale !== undefined)
      return { scale: { value: scaled.outputs[0] ?? '', input: scale }, shift: { value, input: shift } };
  }
  const before = blocks.find(({ output }) => output === value);
  if (before?.norm !== 'before') return null;
  const { bias, result } = resultOf({ draft, ...rest }, before.feedForward.down);
  const input = bias === null ? -1 : (draft.producer(result)?.inputs.indexOf(bias) ?? -1);
  return input >= 0 && isVector(draft, bias ?? '', width) ? { scale: null, shift: { value: result, input } } : null;
};

/** Let the constants of a fold take up what a dropped run of blocks did to each channel on average.
 *  Errors: `model/data`. `replaced` collects new name → old name. */
export const foldInto = async (
  draft: Draft,
  { scale, shift }: Fold,
  found: Pick<Likeness, 'affine' | 'step'>,
  context: Pick<Context, 'bytes'>,
  replaced: Map<string, string>,
): Promise<void> => {
  const change = async ({ value, input }: Spot, next: (one: number, channel: number) => number): Promise<void> => {
    const node = draft.producer(value);
    const name = node?.inputs[input] ?? '';
    const constant = draft.constant(name);
    if (!node || !constant) return;
    const values = toFloat32('float32', await context.bytes(constant)).map(next);
    const made = draft.addInitializer(`${name}_folded`, float32(constant.dims, values));
    replaced.set(made, name);
    const inputs = node.inputs.with(input, made);
    draft.replace(node, [{ ...node, inputs }], 'folded');
  };
  if (scale === null) {
    const step = found.step();
    await change(shift, (one, channel) => one + step[channel]!);
    return;
  }
  const fitted = found.affine();
  await change(scale, (one, channel) => one * fitted.scale[channel]!);
  await change(shift, (one, channel) => one * fitted.scale[channel]! + fitted.shift[channel]!);
};
