import type { Context, Model, Tensor } from '../../contracts/index.ts';
import { edit, int, ints, labelOf, type Draft, type NodeInit } from '../../model/graph/index.ts';
import { biasOf, float32, matrixOf } from '../linear.ts';
import type { Parameters } from '../calibrate/index.ts';
import { learnedScale, penOf, roundedAtRunTime, roundedInBlocks, roundTo, type Pen } from './aware-graph.ts';
import type { AwarePlan } from './aware-plan.ts';
import { startInBlocks, startInColumns, valuesPerScale } from './aware-start.ts';
import { skipUnit, type Unit } from './blocks/targets.ts';

/** What the trained model will become. */
export type AwareScheme =
  | { readonly target: 'blocks'; readonly bits: 2 | 4 | 8; readonly blockSize: number; readonly accuracyLevel: number }
  | { readonly target: 'dynamic' | 'static'; readonly bits: 7 | 8; readonly perChannel: boolean };

/** A unit with the names of its codes and scales in the rounding model. */
export interface AwareUnit {
  readonly unit: Unit;
  /** Whole float32 numbers: [k, n], or [blocks, blockSize, n]. */
  readonly codes: string;
  /** [n] or [1], or [blocks, 1, n]. */
  readonly scale: string;
}

/** A float32 model that rounds weights and inputs as the quantized one will. */
export interface AwareModel {
  /** Same inputs and outputs. */
  readonly model: Model;
  /** Values that no gradient passes. */
  readonly constant: ReadonlySet<string>;
  /** Factors of the scales, all 1 at the start. */
  readonly factors: ReadonlyMap<string, Tensor>;
  readonly units: readonly AwareUnit[];
  /** For static codes: value → name of its scale [1], and its zero point. */
  readonly inputs: ReadonlyMap<string, { readonly scale: string; readonly zeroPoint: number }>;
}

/** Largest code of a scheme for whole weights: 64 keeps 7 bits. */
const topOf = (bits: 7 | 8): number => (bits === 8 ? 127 : 64);

/** The stored weight as a [k, n] matrix, alpha folded in. */
const matrixIn = (pen: Pen, { linear: { weightName, transB, alpha } }: Unit): string => {
  const turned = transB ? pen.emit('Transpose', [weightName], { perm: ints([1, 0]) }) : weightName;
  return alpha === 1 ? turned : pen.emit('Mul', [turned, pen.number(alpha)]);
};

/** The scale with which the largest weight gets the largest code: beyond it the quantizer, which goes by the largest weight, would find
 *  another scale. */
const widest = (pen: Pen, matrix: string, perChannel: boolean, top: number): string => {
  const size = pen.emit('Abs', [matrix]);
  const flat = perChannel ? size : pen.emit('Reshape', [size, pen.integers([-1, 1])]);
  const most =
    pen.opset >= 18
      ? pen.emit('ReduceMax', [flat, pen.integers([0])], { keepdims: int(0) })
      : pen.emit('ReduceMax', [flat], { axes: ints([0]), keepdims: int(0) });
  return pen.emit('Max', [pen.emit('Div', [most, pen.number(top)]), pen.number(1e-30)]);
};

interface Rounded {
  readonly weight: string;
  readonly codes: string;
  readonly scale: string;
  readonly factor: readonly [string, Tensor];
}

const inColumns = (
  pen: Pen,
  unit: Unit,
  matrix: Float32Array,
  scheme: AwareScheme & { target: 'dynamic' | 'static' },
): Rounded => {
  const { n, weightName } = unit.linear;
  const top = topOf(scheme.bits);
  const start = startInColumns(matrix, n, scheme.perChannel, top);
  const within = matrixIn(pen, unit);
  const shared = valuesPerScale(unit.linear.weight.dims, start.length);
  const learned = learnedScale(pen, weightName, float32([start.length], start), shared, top);
  const limit = widest(pen, within, scheme.perChannel, top);
  const scale = pen.through(learned.scale, pen.emit('Min', [learned.scale, limit]));
  const { codes, value } = roundTo(pen, within, scale, [-top, top]);
  return { weight: value, codes, scale, factor: [learned.factor, learned.initial] };
};

const inBlocks = (pen: Pen, unit: Unit, matrix: Float32Array, scheme: AwareScheme & { target: 'blocks' }): Rounded => {
  const { k, n, weightName } = unit.linear;
  const { bits, blockSize } = scheme;
  const blocks = Math.ceil(k / blockSize);
  const missing = blocks * blockSize - k;
  const half = 2 ** (bits - 1);
  const start = float32([blocks, 1, n], startInBlocks(matrix, n, blockSize, bits));
  const learned = learnedScale(pen, weightName, start, Math.min(k, blockSize), half - 1);
  const own = matrixIn(pen, unit);
  const zeros =
    missing === 0
      ? ''
      : pen.weight(`${weightName}/aware_padding`, float32([missing, n], new Float32Array(missing * n)));
  const padded = missing === 0 ? own : pen.emit('Concat', [own, zeros], { axis: int(0) });
  const cut = pen.emit('Reshape', [padded, pen.integers([blocks, blockSize, n])]);
  const { codes, value } = roundTo(pen, cut, learned.scale, [-half, half - 1]);
  const whole = pen.emit('Reshape', [value, pen.integers([blocks * blockSize, n])]);
  const weight =
    missing === 0 ? whole : pen.emit('Slice', [whole, pen.integers([0]), pen.integers([k]), pen.integers([0])]);
  return { weight, codes, scale: learned.scale, factor: [learned.factor, learned.initial] };
};

/** Puts products of rounded operands in the place of a unit's nodes. */
const replaceNodes = async (
  draft: Draft,
  unit: Unit,
  weight: string,
  inputOf: (value: string) => string,
  context: Context,
): Promise<void> => {
  for (const linear of unit.linears) {
    const { node, activation } = linear;
    const base = labelOf(node);
    const bias = await biasOf(draft, linear, context);
    const last: NodeInit[] = [];
    const output = node.outputs[0]!;
    const summed = activation === null ? output : draft.fresh(`${base}_sum`);
    const product = bias === null ? summed : draft.fresh(`${base}_product`);
    if (bias !== null) last.push({ op: 'Add', inputs: [product, bias], outputs: [summed] });
    if (activation !== null) last.push({ ...activation, inputs: [summed], outputs: [output] });
    draft.replace(
      node,
      [{ op: 'MatMul', inputs: [inputOf(linear.input), weight], outputs: [product] }, ...last],
      `${node.op} on rounded operands`,
    );
  }
};

/** Build the rounding model. `ranges`: scale and zero point of each input, for static codes. A unit whose weight holds NaN or infinity, or
 *  whose input has no range, is skipped on the draft that `plan` was made on. Operator set: 13 or later. */
export const awareModelOf = async (
  draft: Draft,
  { units }: AwarePlan,
  scheme: AwareScheme,
  ranges: ReadonlyMap<string, Parameters | string> | null,
  context: Context,
): Promise<AwareModel> => {
  const own = edit(draft.model);
  const pen = penOf(own);
  const factors = new Map<string, Tensor>();
  const taken: AwareUnit[] = [];
  const inputs = new Map<string, { scale: string; zeroPoint: number }>();
  const rounded = new Map<string, string>();
  const roundedInput = (value: string, k: number): string => {
    const key = scheme.target === 'blocks' ? `${value}|${k}` : value;
    let known = rounded.get(key);
    if (known !== undefined) return known;
    if (scheme.target === 'dynamic') known = roundedAtRunTime(pen, own, value);
    else if (scheme.target === 'blocks')
      known = scheme.accuracyLevel === 4 ? roundedInBlocks(pen, value, k, scheme.blockSize) : value;
    else {
      const { scale, zeroPoint } = ranges!.get(value) as Parameters;
      const learned = learnedScale(pen, value, float32([1], Float32Array.of(scale)), k, 255 - zeroPoint || 255);
      factors.set(learned.factor, learned.initial);
      inputs.set(value, { scale: learned.scale, zeroPoint });
      known = roundTo(pen, value, learned.scale, [-zeroPoint, 255 - zeroPoint]).value;
    }
    rounded.set(key, known);
    return known;
  };
  for (const unit of units) {
    const matrix = await matrixOf(unit.linear, context);
    const lost = unit.inputs.map((value) => ranges?.get(value)).find((one) => typeof one === 'string');
    if (matrix === null || lost !== undefined) {
      skipUnit(draft, unit, lost ?? `the weight ${unit.linear.weightName} holds NaN or infinity`);
      continue;
    }
    const made =
      scheme.target === 'blocks' ? inBlocks(pen, unit, matrix, scheme) : inColumns(pen, unit, matrix, scheme);
    factors.set(...made.factor);
    taken.push({ unit, codes: made.codes, scale: made.scale });
    await replaceNodes(own, unit, made.weight, (value) => roundedInput(value, unit.linear.k), context);
  }
  const { model } = own.done();
  const present = (name: string): boolean => model.graph.initializers.has(name);
  const used = taken.filter(({ unit }) => present(unit.linear.weightName));
  for (const { unit } of taken.filter((one) => !used.includes(one)))
    skipUnit(draft, unit, 'no output of the model needs it');
  return {
    model,
    constant: pen.constant,
    factors: new Map([...factors].filter(([name]) => present(name))),
    units: used,
    inputs: new Map([...inputs].filter(([value]) => used.some(({ unit }) => unit.inputs.includes(value)))),
  };
};
