import type { Context } from '../../../contracts/index.ts';
import { int, labelOf, type Draft, type NodeInit } from '../../../model/graph/index.ts';
import { toFloat32 } from '../../../model/tensor/index.ts';
import { biasOf, float32, inline, type Linear } from '../../linear.ts';
import { scaleColumns, type Form, type Operands } from './assemble.ts';
import { blockBytesOf } from './pack.ts';
import type { Unit } from './targets.ts';
import type { BlockScheme } from './types.ts';

export interface EmitSettings {
  readonly scheme: BlockScheme;
  readonly form: Form;
  readonly accuracyLevel: number;
  /** For the change: "rtn", "gptq". */
  readonly method: string;
}

/** Adds a unit's operands as weights; answers their names in the order of the operator's inputs. */
const addOperands = async (
  draft: Draft,
  { linear: { weightName, k, n } }: Unit,
  { codes, scales, zeros }: Operands,
  { scheme, form }: EmitSettings,
  context: Context,
): Promise<readonly string[]> => {
  const { bits, blockSize, symmetric } = scheme;
  const blocks = Math.ceil(k / blockSize);
  const type = form === 'nbits' ? 'uint8' : (`${symmetric ? '' : 'u'}int${bits}` as 'int4');
  const shape = form === 'nbits' ? [n, blocks, blockBytesOf(scheme)] : [k, n];
  const names = [
    draft.addInitializer(`${weightName}_q${bits}`, await context.keep(inline(type, shape, codes))),
    draft.addInitializer(
      `${weightName}_scales`,
      await context.keep(float32(form === 'nbits' ? [n, blocks] : [blocks, n], scales)),
    ),
  ];
  if (zeros !== null)
    names.push(
      draft.addInitializer(
        `${weightName}_zero_points`,
        await context.keep(inline(type, form === 'nbits' ? [n, Math.ceil((blocks * bits) / 8)] : [blocks, n], zeros)),
      ),
    );
  return names;
};

/** A bias whose columns are multiplied by factors [n]. */
const scaledBias = async (
  draft: Draft,
  linear: Linear,
  bias: string | null,
  factors: Float32Array | null,
  context: Context,
): Promise<string | null> => {
  if (bias === null || factors === null) return bias;
  const constant = draft.constant(bias)!;
  const values = toFloat32('float32', await context.bytes(constant));
  return draft.addInitializer(
    `${bias}_scaled`,
    float32(
      constant.dims,
      values.map((value, at) => value * factors[at % linear.n]!),
    ),
  );
};

/** Replace the nodes of a unit by products with its quantized weight, and their biases and activations by nodes of their own.
 *  `inputOf` says where a node's input comes from now; `factors` [n] multiply the outputs, null: by 1. */
export const emitUnit = async (
  draft: Draft,
  unit: Unit,
  operands: Operands,
  settings: EmitSettings,
  context: Context,
  inputOf: (input: string) => string = (input) => input,
  factors: Float32Array | null = null,
): Promise<void> => {
  const { scheme, form, accuracyLevel, method } = settings;
  const { k, n } = unit.linear;
  const { bits, blockSize } = scheme;
  const scaled = factors === null ? operands : scaleColumns(operands, n, form, factors);
  const names = await addOperands(draft, unit, scaled, settings, context);
  for (const linear of unit.linears) {
    const { node, activation } = linear;
    const base = labelOf(node);
    const output = node.outputs[0]!;
    const bias = await scaledBias(draft, linear, await biasOf(draft, linear, context), factors, context);
    const summed = activation === null ? output : draft.fresh(`${base}_sum`);
    const product = bias === null ? summed : draft.fresh(`${base}_product`);
    const nodes: NodeInit[] = [];
    if (form === 'nbits') {
      draft.requireOpset('com.microsoft', 1);
      nodes.push({
        op: 'MatMulNBits',
        domain: 'com.microsoft',
        name: `${base}_q${bits}`,
        inputs: [inputOf(linear.input), ...names],
        outputs: [product],
        attributes: {
          K: int(k),
          N: int(n),
          bits: int(bits),
          block_size: int(blockSize),
          accuracy_level: int(accuracyLevel),
        },
      });
    } else {
      const weight = draft.fresh(`${base}_weight`);
      nodes.push(
        {
          op: 'DequantizeLinear',
          name: `${base}_dequant`,
          inputs: names,
          outputs: [weight],
          attributes: { axis: int(0), block_size: int(blockSize) },
        },
        { op: 'MatMul', name: `${base}_q${bits}`, inputs: [inputOf(linear.input), weight], outputs: [product] },
      );
    }
    if (bias !== null) nodes.push({ op: 'Add', name: `${base}_bias`, inputs: [product, bias], outputs: [summed] });
    if (activation !== null)
      nodes.push({ ...activation, name: `${base}_activation`, inputs: [summed], outputs: [output] });
    draft.replace(
      node,
      nodes,
      `${node.op} [${k}, ${n}] with ${bits}-bit weights in blocks of ${blockSize} (${method})`,
    );
  }
};

/** Where a unit stays in float32 although its outputs must be multiplied by factors [n]: a Mul after each of its nodes. */
export const emitFactors = (draft: Draft, unit: Unit, factors: Float32Array): void => {
  for (const { node } of unit.linears) {
    const base = labelOf(node);
    const before = draft.fresh(`${base}_unscaled`);
    const by = draft.addInitializer(`${base}_factors`, float32([factors.length], factors));
    draft.replace(
      node,
      [
        { ...node, outputs: [before, ...node.outputs.slice(1)] },
        { op: 'Mul', name: `${base}_scale`, inputs: [before, by], outputs: [node.outputs[0]!] },
      ],
      `${node.op} multiplied by what the layer after it expects`,
    );
  }
};
