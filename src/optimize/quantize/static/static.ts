import { SteelyardError, defineTechnique } from '../../../contracts/index.ts';
import type { Context, Model, Options, TechniqueResult } from '../../../contracts/index.ts';
import { cannotRaise, edit, labelOf, onRaised, type Draft } from '../../../model/graph/index.ts';
import { observe, type Parameters } from '../../calibrate/index.ts';
import type { WeightScheme } from '../arithmetic.ts';
import { isTarget, targetsOf, type Target } from './targets.ts';
import { convGap, zeroPointOf } from './correct.ts';
import { dequantizeNode, emitPiece, quantizeNode, type Codes } from './emit.ts';
import { observeInputs, type Observed } from './observe.ts';
import { coder, type CodedTarget } from './operands.ts';
import { planOf, type Plan } from './plan.ts';
import { scalar } from '../../linear.ts';

/** Opset that has per-channel DequantizeLinear. */
const opset = 13;

const options = {
  form: {
    kind: 'choice',
    choices: ['qdq', 'qoperator'],
    default: 'qdq',
    description:
      'qdq keeps float operators between quantize and dequantize nodes for any runtime to fuse; qoperator writes integer operators directly.',
  },
  activationType: {
    kind: 'choice',
    choices: ['uint8', 'int8'],
    default: 'uint8',
    description:
      'uint8 has a zero point of its own; int8 is symmetric except behind Relu, and x86 CPUs then need a session setting.',
  },
  weightType: {
    kind: 'choice',
    choices: ['int8', 'uint8'],
    default: 'int8',
    description: 'int8 is symmetric and fastest on most CPUs; uint8 is exact on CPUs whose u8×s8 kernel saturates.',
  },
  perChannel: {
    kind: 'boolean',
    default: true,
    description:
      'One weight scale per output channel instead of one per weight; with 8 bits it saturates more on CPUs without VNNI.',
    search: [true, false],
  },
  bits: {
    kind: 'choice',
    choices: ['7', '8'],
    default: '7',
    description: '7 is exact on every CPU; 8 is finer, but sums saturate on CPUs with AVX2 and without VNNI.',
    search: ['7', '8'],
  },
  method: {
    kind: 'choice',
    choices: ['minmax', 'moving-average', 'percentile', 'entropy', 'mse', 'best'],
    default: 'minmax',
    description:
      'How calibration values become ranges; best takes, value by value, the method with the least mean squared error.',
    search: ['minmax', 'mse'],
  },
  percentile: {
    kind: 'choice',
    choices: ['99.9', '99.99', '99.999'],
    default: '99.99',
    description: 'Share of the values inside the range, in percent, for the method percentile.',
  },
  biasCorrection: {
    kind: 'boolean',
    default: true,
    description: 'Add the mean error of each output channel, seen in calibration, to its bias.',
  },
  attentionProducts: {
    kind: 'boolean',
    default: false,
    description: 'Quantize products of two computed operands too, as in attention: costs accuracy.',
  },
  exclude: {
    kind: 'names',
    default: [],
    description: 'Node names or outputs to leave in float32; * matches any characters.',
  },
} as const;

export type StaticOptions = Options<typeof options>;

/** Targets and plan without the targets that touch values of unknown range. */
const settle = (
  draft: Draft,
  targets: readonly Target[],
  ranges: ReadonlyMap<string, Parameters | string>,
): { readonly targets: readonly Target[]; readonly plan: Plan } => {
  let left = targets;
  for (;;) {
    const plan = planOf(draft, left);
    const bad = (value: string): string | null => {
      const found = ranges.get(plan.values.get(value)?.like ?? value);
      return typeof found === 'string' ? found : null;
    };
    const rejected = new Map<Target, string>();
    for (const { target, inputs, output, quantized } of plan.pieces) {
      const reason = [...inputs, ...(quantized ? [output] : [])].map(bad).find((one) => one !== null) ?? null;
      if (target !== null && reason !== null) rejected.set(target, reason);
    }
    if (rejected.size === 0) return { targets: left, plan };
    for (const [target, reason] of rejected) draft.skip(target.node, reason);
    left = left.filter((target) => !rejected.has(target));
  }
};

/** The input of a product and its number of channels, where a correction needs its means. */
const meansOf = ({ kind, inputs: [input = ''], weight }: Target): [string, number][] =>
  kind === 'conv' || weight === null || weight.linear === null ? [] : [[input, weight.linear.k]];

/** The work itself, on a model of operator set 13 or later. `known`: codes of values that need no calibration. `pieceBytes`: weights that are
 *  loaded together while calibrating; they change memory and time, not the result. */
export const quantizeStatic = async (
  model: Model,
  chosen: StaticOptions,
  context: Context,
  known: ReadonlyMap<string, Parameters> = new Map(),
  pieceBytes?: number,
): Promise<TechniqueResult> => {
  const draft = edit(model);
  const scheme: WeightScheme = {
    type: chosen.weightType === 'uint8' ? 'uint8' : 'int8',
    perChannel: chosen.perChannel,
    bits: chosen.bits === '7' ? 7 : 8,
  };
  const read = coder(draft, scheme, context);
  const targets = await read.readable(targetsOf(draft, chosen.exclude, chosen.attentionProducts));
  if (targets.length === 0) return { model, changes: [], skipped: draft.done().skipped };
  const values = [...planOf(draft, targets).values.values()];
  const given = new Map(
    values.flatMap(({ name, like }) => (known.has(name) ? [[like, known.get(name)!] as const] : [])),
  );
  const open = values.filter(({ like }) => !given.has(like));
  const settings = {
    activationType: chosen.activationType === 'int8' ? ('int8' as const) : ('uint8' as const),
    method: chosen.method,
    percentile: Number(chosen.percentile),
  };
  const likeOf = new Map(values.map(({ name, like }) => [name, like]));
  const coded = new Map<Target, CodedTarget>();
  const corrections = new Map<Target, Float64Array>();
  const begun = new Set<Target>();
  const widths = new Map(chosen.biasCorrection ? targets.flatMap(meansOf) : []);
  const codeOne = async (target: Target, { ranges, means }: Observed): Promise<void> => {
    const [input = ''] = target.inputs;
    const parameters = ranges.get(likeOf.get(input) ?? input);
    if (parameters === undefined || typeof parameters === 'string') throw new Error(`no range for ${input}`);
    if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while quantizing');
    const made = await read.code(target, parameters, target.kind === 'conv' ? undefined : means.get(input));
    coded.set(target, made.coded);
    if (made.gap !== undefined) corrections.set(target, made.gap);
  };
  /** Weights whose inputs are known are coded while the session goes on with the rest of a large model. */
  let coding: Promise<void> = Promise.resolve();
  const codeKnown = (far: Observed): void => {
    for (const target of targets) {
      const [input = ''] = target.inputs;
      const parameters = far.ranges.get(likeOf.get(input) ?? input);
      if (begun.has(target) || target.weight === null || parameters === undefined || typeof parameters === 'string')
        continue;
      if (target.kind !== 'conv' && widths.has(input) && !far.means.has(input)) continue;
      begun.add(target);
      coding = coding.then(() => codeOne(target, far));
      // Whoever waits for it hears of a fault.
      coding.catch(() => undefined);
    }
  };
  let observed: Observed;
  try {
    observed = await observeInputs(
      model,
      open,
      given,
      (value) => likeOf.get(value) ?? value,
      widths,
      settings,
      context,
      codeKnown,
      pieceBytes,
    );
  } finally {
    await coding.catch(() => undefined);
  }
  await coding;
  const { ranges } = observed;
  const { plan } = settle(draft, targets, ranges);
  const parametersOf = (value: string): Parameters => {
    const found = ranges.get(plan.values.get(value)?.like ?? value);
    if (found === undefined || typeof found === 'string') throw new Error(`no range for ${value}`);
    return found;
  };
  const left = new Set(plan.pieces.map(({ target }) => target));
  for (const target of coded.keys()) if (!left.has(target)) coded.delete(target);
  for (const [index, { target }] of plan.pieces.entries()) {
    context.progress({ label: 'quantizing weights', done: index, total: plan.pieces.length });
    if (target !== null && target.weight !== null && !coded.has(target)) await codeOne(target, observed);
  }
  const convolutions = chosen.biasCorrection ? [...coded].filter(([{ kind }]) => kind === 'conv') : [];
  if (convolutions.length > 0) {
    const gaps = convolutions.map(([target, weight]) => ({
      target,
      statistic: convGap(target, parametersOf(target.inputs[0] ?? ''), weight),
    }));
    await observe(
      model,
      gaps.map(({ target, statistic }) => ({ value: target.node.outputs[0] ?? '', statistic })),
      context,
      'correcting biases',
      undefined,
      pieceBytes,
    );
    for (const { target, statistic } of gaps) corrections.set(target, statistic.mean());
  }

  const constants = new Map<string, { readonly scale: string; readonly zeroPoint: string }>();
  const names = new Map<string, Codes>();
  for (const [name, value] of plan.values) {
    const parameters = parametersOf(name);
    let shared = constants.get(value.like);
    if (shared === undefined) {
      shared = {
        scale: draft.addInitializer(`${value.like}_scale`, scalar(parameters.scale)),
        zeroPoint: draft.addInitializer(`${value.like}_zero_point`, zeroPointOf(parameters)),
      };
      constants.set(value.like, shared);
    }
    const codes: Codes = {
      ...shared,
      codes: draft.fresh(`${name}_quantized`),
      float: value.inner ? name : draft.fresh(`${name}_dequantized`),
    };
    names.set(name, codes);
    if (value.inner) continue;
    draft.insert([quantizeNode(name, codes, name), ...(chosen.form === 'qdq' ? [dequantizeNode(codes, name)] : [])]);
  }
  const codesOf = (value: string): Codes => names.get(value)!;
  const labels = new Map<string, string>();
  const form = chosen.form === 'qoperator' ? 'qoperator' : 'qdq';
  if (form === 'qoperator') draft.requireOpset('com.microsoft', 1);
  for (const piece of plan.pieces) {
    const label = labelOf(piece.node);
    const weight = piece.target === null ? undefined : coded.get(piece.target);
    const operands =
      weight === undefined ? null : await read.operands(piece.target!, weight, corrections.get(piece.target!));
    const nodes = emitPiece(draft, form, piece, codesOf, operands, label);
    labels.set(labelOf(piece.last), label);
    draft.replace(piece.last, nodes, read.describe(piece));
  }
  const result = draft.done();
  return {
    ...result,
    // ONNX Runtime on x86 turns some of the int8 pairs into uint8 and then finds kernels with two types, unless int8 is allowed.
    ...(form === 'qdq' && chosen.activationType === 'int8' ? { config: { 'session.qdqisint8allowed': '1' } } : {}),
    changes: result.changes.map((change) => ({
      ...change,
      nodes: change.nodes.map((name) => labels.get(name) ?? name),
    })),
  };
};

/** Weights and activations as 8-bit integers with ranges that calibration data fixed beforehand.
 *  Shapes: unchanged. Errors: `optimize/calibration` without calibration data; `engine/cancelled`.
 *  Source: ONNX QuantizeLinear and DequantizeLinear; Jacob et al. 2018. */
export const staticInt8 = defineTechnique({
  id: 'quantize/static',
  version: 6,
  title: 'Static int8',
  source: 'ONNX operators QuantizeLinear-13 and DequantizeLinear-13; Jacob et al. 2018; Nagel et al. 2019, §4.2',
  summary:
    'Stores the weights of MatMul, Gemm and Conv as 8-bit integers and fixes the ranges of activations from calibration data. ' +
    'Convolutional networks run from input to output on integers; in transformers only the inputs of products are rounded. ' +
    'Pays where calibration inputs are like real ones; attention products and everything between layers stay float32.',
  fileSuffix: 'quantized',
  layerwise: true,
  needs: { calibration: 'required', training: false },
  options,
  place: { stage: 'weights', saves: ['time', 'bytes'] },
  tolerance: ({ bits }) => (bits === '7' ? 0.35 : 0.3),
  check: (model, chosen) => {
    if (chosen.activationType === 'int8' && chosen.weightType === 'uint8')
      return { reason: 'no kernel multiplies int8 activations with uint8 weights: choose int8 weights', nodes: [] };
    if (!model.graph.nodes.some(isTarget)) return { reason: 'the graph has no MatMul, Gemm or Conv', nodes: [] };
    return cannotRaise(model, opset);
  },
  apply: (model, chosen, context) => onRaised(model, opset, (raised) => quantizeStatic(raised, chosen, context)),
});
