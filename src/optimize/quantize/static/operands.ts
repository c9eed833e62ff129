import type { Context } from '../../../contracts/index.ts';
import { labelOf, type Draft } from '../../../model/graph/index.ts';
import { createRoom, readTensorSync, toFloat32, withoutRoom } from '../../../model/tensor/index.ts';
import type { Parameters } from '../../calibrate/index.ts';
import { isFinite32 } from '../../algebra/matrix.ts';
import { type WeightScheme } from '../arithmetic.ts';
import { biasOf, float32, inline } from '../../linear.ts';
import { productGap, type StoredWeight } from './correct.ts';
import type { Operands } from './emit.ts';
import type { Piece } from './plan.ts';
import { onlyUser, type Target } from './targets.ts';
import { codeBias, codeWeight, finestScale, isReadable, readWeight } from './weights.ts';

/** A weight as it will be stored, with the bias that belongs to it in numbers. */
export interface CodedTarget extends StoredWeight {
  readonly scales: Float32Array;
  readonly inputScale: number;
  /** One number a channel, or null. */
  readonly bias: Float32Array | null;
  /** Same for all targets that share the stored weight. */
  readonly key: string;
}

/** What a target's input is on average, per channel, and what its codes change about that. */
export interface InputMeans {
  readonly mean: Float64Array;
  readonly shift: Float64Array;
}

export interface Coder {
  /** The targets whose weights and biases are numbers; the others are skipped. */
  readable(targets: readonly Target[]): Promise<Target[]>;
  /** `means`: of the target's input, if its outputs are to be corrected; for matrices only. */
  code(
    target: Target,
    input: Parameters,
    means?: InputMeans,
  ): Promise<{ readonly coded: CodedTarget; readonly gap: Float64Array | undefined }>;
  /** Adds the initializers. `correction`: to be added to each output channel. */
  operands(target: Target, weight: CodedTarget, correction: Float64Array | undefined): Promise<Operands>;
  describe(piece: Piece): string;
}

/** The bits of numbers as text: equal where the numbers are, and many times faster to make than their digits. */
const bitsOf = ({ buffer, byteOffset, byteLength }: Float32Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64');

/** Turns targets' weights and biases into initializers of a draft. A weight that several nodes share is stored once. */
export const coder = (draft: Draft, scheme: WeightScheme, context: Context): Coder => {
  const stored = new Map<string, CodedTarget>();
  /** Weights are read and coded one after another, in the same memory. */
  const rooms = { weights: createRoom(), codes: createRoom() };
  const added = new Map<string, Pick<Operands, 'codes' | 'scale' | 'zeroPoint'>>();

  const biasOfTarget = (target: Target): Float32Array | null => {
    if (target.bias === null) return null;
    const tensor = draft.constant(target.bias);
    if (tensor === null) return null;
    const values = toFloat32('float32', readTensorSync(tensor));
    return Float32Array.from({ length: target.channels }, (_, i) => values[values.length === 1 ? 0 : i]! * target.beta);
  };

  const code: Coder['code'] = async (target, input, means) => {
    const place = target.weight!;
    const bias = biasOfTarget(target);
    const finest = (channel: number): number => {
      if (bias === null) return 0;
      const most = scheme.perChannel ? Math.abs(bias[channel]!) : bias.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      return finestScale(most, input.scale);
    };
    const view = (await readWeight(place, context, rooms.weights))!;
    const weight = codeWeight(view, scheme, finest, rooms.codes);
    const { linear } = place;
    const key = [place.name, linear?.transB, linear?.alpha, target.kind === 'conv', bitsOf(weight.scales)].join('|');
    const gap = means && productGap(view, weight, means.mean, means.shift);
    const known = stored.get(key);
    if (known !== undefined) return { coded: { ...known, bias, inputScale: input.scale }, gap };
    const dims = scheme.perChannel ? [target.channels] : [];
    const result: CodedTarget = {
      codes: withoutRoom(await context.keep(inline(scheme.type, view.dims, weight.codes)), rooms.codes),
      scale: float32(dims, weight.scales),
      zeroPoint: inline(scheme.type, dims, weight.zeroPoints),
      axis: view.axis,
      scales: weight.scales,
      inputScale: input.scale,
      bias,
      key,
    };
    stored.set(key, result);
    return { coded: result, gap };
  };

  /** MatMul of more than two dimensions: the constant Add behind it takes the correction. */
  const correctAdd = (target: Target, correction: Float64Array): void => {
    const output = target.node.outputs[0] ?? '';
    const add = onlyUser(draft, output);
    if (add === null || add.op !== 'Add' || add.domain !== '') return;
    const name = add.inputs.find((input) => input !== output) ?? '';
    const constant = draft.constant(name);
    if (constant === null || constant.dtype !== 'float32' || constant.dims.at(-1) !== target.channels) return;
    if (constant.dims.slice(0, -1).some((dim) => dim !== 1)) return;
    const values = toFloat32('float32', readTensorSync(constant)).map((value, i) => value + correction[i]!);
    const corrected = draft.addInitializer(`${name}_corrected`, float32(constant.dims, values));
    draft.replace(
      add,
      [{ ...add, inputs: add.inputs.map((input) => (input === name ? corrected : input)) }],
      `bias of ${labelOf(target.node)} corrected by the mean error`,
    );
  };

  return {
    readable: async (targets) => {
      const left: Target[] = [];
      for (const target of targets) {
        const bias = biasOfTarget(target);
        if (bias !== null && !isFinite32(bias))
          draft.skip(target.node, `the bias ${target.bias} holds NaN or infinity`);
        else if (target.weight !== null && !(await isReadable(target.weight, context, rooms.weights)))
          draft.skip(target.node, `the weight ${target.weight.name} holds NaN or infinity`);
        else left.push(target);
      }
      return left;
    },
    code,
    operands: async (target, weight, correction) => {
      let names = added.get(weight.key);
      if (names === undefined) {
        const base = target.weight!.name;
        names = {
          codes: draft.addInitializer(`${base}_quantized`, weight.codes),
          scale: draft.addInitializer(`${base}_scale`, weight.scale),
          zeroPoint: draft.addInitializer(`${base}_zero_point`, weight.zeroPoint),
        };
        added.set(weight.key, names);
      }
      const { linear } = target.weight!;
      const looseBias = target.looseBias === null || linear === null ? null : await biasOf(draft, linear, context);
      if (target.kind === 'matmul') {
        if (correction !== undefined) correctAdd(target, correction);
        return { ...names, axis: weight.axis, bias: null, looseBias };
      }
      let { bias } = weight;
      if (correction !== undefined && (bias !== null || correction.some((gap) => gap !== 0)))
        bias = Float32Array.from(correction, (gap, i) => (bias?.[i] ?? 0) + gap);
      if (bias === null) return { ...names, axis: weight.axis, bias: null, looseBias };
      const base = labelOf(target.node);
      const coded = codeBias(bias, weight.inputScale, weight.scales);
      const dims = scheme.perChannel ? [target.channels] : [];
      return {
        ...names,
        axis: weight.axis,
        bias: {
          codes: draft.addInitializer(`${base}_bias_quantized`, inline('int32', [target.channels], coded.codes)),
          scale: draft.addInitializer(`${base}_bias_scale`, float32(dims, coded.scales)),
        },
        looseBias,
      };
    },
    describe: ({ kind, node, target, quantized, last }) => {
      const folded = last === node ? '' : ', with what follows folded in';
      if (kind === 'same') return `${node.op} moves codes`;
      if (kind === 'pass') return `${node.op} on codes${folded}`;
      const weight =
        target === null || target.weight === null
          ? 'two computed operands'
          : `${scheme.type} weights [${target.weight.tensor.dims.join(', ')}]`;
      return `${node.op} with ${weight}${quantized ? ', its result as codes' : ''}${folded}`;
    },
  };
};
