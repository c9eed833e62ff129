import { defineTechnique, type Context, type Model, type TechniqueResult } from '../../contracts/index.ts';
import { cannotRaise, editEach, graphsOf, onRaised, type Draft } from '../../model/graph/index.ts';
import { channelSquares, observe } from '../calibrate/index.ts';
import { inOrder, withWorkers, type Workers } from '../workers/index.ts';
import { quantizeCalibrated } from './blocks/calibrated.ts';
import { emitUnit, type EmitSettings } from './blocks/emit.ts';
import { canRound, createRounder } from './blocks/nearest.ts';
import { quantizeWeight } from './blocks/slabs.ts';
import { skipUnit, unitLabel, unitsOf, type Unit } from './blocks/targets.ts';
import type { BlockScheme } from './blocks/types.ts';
import { isLinear } from '../linear.ts';

/** DequantizeLinear over blocks appeared here; 2-bit integers later. */
const blockedOpset = 21;
const twoBitOpset = 25;

/** Methods that look at inputs, and what they do. */
const calibrated: Readonly<Record<string, { readonly scaling: boolean; readonly propagation: boolean }>> = {
  gptq: { scaling: false, propagation: true },
  awq: { scaling: true, propagation: false },
  'awq-gptq': { scaling: true, propagation: true },
};

/** The operator set of ai.onnx that the result needs; null: any. */
const opsetOf = ({ form, bits }: { readonly form: string; readonly bits: string }): number | null =>
  form === 'qdq' ? (bits === '2' ? twoBitOpset : blockedOpset) : null;

interface Settings extends EmitSettings {
  readonly method: 'rtn' | 'k-quant' | 'hqq';
}

/** Second moments of the inputs, for k-quant. */
const importanceOf = async (
  draft: Draft,
  units: readonly Unit[],
  context: Context,
): Promise<(unit: Unit) => Float32Array | null> => {
  const squares = new Map(
    units.flatMap(({ inputs, linear: { k } }) => inputs.map((input) => [input, channelSquares(k)] as const)),
  );
  await observe(
    draft.model,
    [...squares].map(([value, statistic]) => ({ value, statistic })),
    context,
    'collecting statistics of the inputs',
  );
  return ({ inputs, linear: { k } }) => {
    const sum = new Float32Array(k);
    for (const input of inputs) squares.get(input)!.sums.forEach((one, i) => (sum[i]! += one));
    // Inputs that are not finite, or always zero, say nothing about what matters.
    return sum.every(Number.isFinite) && sum.some((one) => one > 0) ? sum : null;
  };
};

/** Weights one after another, each in slabs: no more than two are on their way, and one where memory is read into again. */
const quantizeOne = async (
  draft: Draft,
  units: readonly Unit[],
  settings: Settings,
  workers: Workers,
  context: Context,
): Promise<void> => {
  const informed = settings.method === 'k-quant' && context.calibration !== null && !draft.body && units.length > 0;
  const importance = informed ? await importanceOf(draft, units, context) : () => null;
  const rounder =
    settings.method === 'rtn' && settings.form === 'nbits' ? createRounder(settings.scheme, context) : null;
  let done = 0;
  await inOrder(
    units,
    rounder === null ? 2 : 1,
    (unit) =>
      rounder !== null && canRound(unit.linear)
        ? rounder.operands(unit.linear)
        : quantizeWeight(unit.linear, settings, importance(unit), workers, context),
    async (operands, unit) => {
      context.progress({
        label: 'quantizing weights',
        done: ++done,
        total: units.length,
        detail: unitLabel(unit),
      });
      if (operands === null) skipUnit(draft, unit, `the weight ${unit.linear.weightName} holds NaN or infinity`);
      else await emitUnit(draft, unit, operands, settings, context);
    },
  );
};

/** MatMul and Gemm with 2-, 4- or 8-bit weights in blocks. Bodies of If, Loop and Scan too, by the methods that need no inputs.
 *  Shapes: unchanged. Errors: `optimize/calibration` for calibration data without rows; `optimize/worker`; `model/too-deep`.
 *  Source: com.microsoft MatMulNBits; ONNX DequantizeLinear-21; the methods' papers. */
export const blockwise = defineTechnique({
  id: 'quantize/blockwise',
  version: 6,
  title: 'Few-bit weights in blocks',
  source:
    'ONNX Runtime contrib operator com.microsoft.MatMulNBits; ONNX DequantizeLinear-21; GPTQ (Frantar et al. 2022); AWQ (Lin et al. 2023); ' +
    'HQQ (Badri and Shaji 2023); k-quants (llama.cpp)',
  summary:
    'Stores the weights of MatMul and Gemm in 2, 4 or 8 bits with one scale per block of rows. ' +
    'The smallest files of all lossy techniques; faster than float32 at batch 1, seldom at larger batches. ' +
    'Round to nearest, k-quant and HQQ need no data; GPTQ and AWQ use real inputs and lose about half as much. ' +
    'MatMulNBits runs in ONNX Runtime (native and web); the qdq form is standard ONNX.',
  // Standard names exist for 4 bits and for 8.
  fileSuffix: 'q4',
  suffixFor: ({ bits }) => (bits === '4' ? 'q4' : bits === '8' ? 'quantized' : null),
  layerwise: true,
  needs: { calibration: 'optional', training: false },
  options: {
    bits: {
      kind: 'choice',
      choices: ['2', '4', '8'],
      default: '4',
      description: 'Bits per weight.',
      search: ['4', '8'],
    },
    blockSize: {
      kind: 'choice',
      choices: ['16', '32', '64', '128', '256'],
      default: '32',
      description: 'Weights that share one scale. Smaller blocks are more exact and larger on disk.',
      search: ['32', '64'],
      searchWhen: { bits: ['4'] },
    },
    method: {
      kind: 'choice',
      choices: ['rtn', 'k-quant', 'hqq', ...Object.keys(calibrated)],
      default: 'rtn',
      description:
        'How weights are rounded: rtn (to nearest), k-quant (searched scales), hqq (searched zero points), gptq (errors are made up for by later weights), awq (weights that meet large inputs are rounded more finely), awq-gptq (both).',
      search: ['k-quant', 'hqq', 'gptq', 'awq'],
      searchWhen: { bits: ['4'] },
      needsCalibration: Object.keys(calibrated),
    },
    symmetric: {
      kind: 'boolean',
      default: true,
      description: 'Zero in the middle of the range. Asymmetric blocks also store a zero point; hqq always does.',
    },
    form: {
      kind: 'choice',
      choices: ['nbits', 'qdq'],
      default: 'nbits',
      description:
        'nbits writes ONNX Runtime’s operator MatMulNBits; qdq writes standard ONNX (opset 21, 25 for 2 bits), which ONNX Runtime turns into the same.',
    },
    accuracyLevel: {
      kind: 'integer',
      default: 4,
      min: 0,
      max: 4,
      description:
        '4 multiplies in int8 (fastest on CPUs), 1 in float32, 0 lets the runtime choose. With 8 bits anything but 4 is many times slower. For form nbits.',
    },
    actOrder: {
      kind: 'boolean',
      default: true,
      description: 'gptq: weights that meet the largest inputs first.',
    },
    damping: {
      kind: 'number',
      default: 0.01,
      min: 0.0001,
      max: 1,
      description: 'gptq: what is added to the diagonal of the inputs’ second moments, as a share of its mean.',
    },
    exclude: {
      kind: 'names',
      default: [],
      description: 'Node names or outputs to leave in float32; * matches any characters.',
    },
  },
  place: { stage: 'weights', saves: ['time', 'bytes'] },
  tolerance: ({ bits }) => (bits === '2' ? 1.5 : bits === '4' ? 0.6 : 0.2),
  check: (model, options) => {
    if (!graphsOf(model).some(({ nodes }) => nodes.some(isLinear)))
      return { reason: 'the graph has no MatMul or Gemm', nodes: [] };
    const opset = opsetOf(options);
    return opset === null ? null : cannotRaise(model, opset);
  },
  async apply(original, options, context) {
    const plan = calibrated[options.method];
    if (plan !== undefined && context.calibration === null)
      return {
        model: original,
        changes: [],
        skipped: [
          {
            reason: `method ${options.method} needs calibration data and there is none (data.calibration in a scenario, --inputs on the command line); rtn, k-quant and hqq need none`,
            nodes: [],
          },
        ],
      };
    const scheme: BlockScheme = {
      bits: Number(options.bits) as BlockScheme['bits'],
      blockSize: Number(options.blockSize),
      symmetric: options.symmetric && options.method !== 'hqq',
    };
    const settings: EmitSettings = {
      scheme,
      form: options.form === 'qdq' ? 'qdq' : 'nbits',
      accuracyLevel: options.accuracyLevel,
      method: options.method,
    };
    const work = (model: Model): Promise<TechniqueResult> =>
      withWorkers(context, (workers) =>
        editEach(model, async (draft) => {
          const units = unitsOf(draft, options.exclude);
          if (plan === undefined)
            await quantizeOne(
              draft,
              units,
              { ...settings, method: options.method as Settings['method'] },
              workers,
              context,
            );
          else if (draft.body)
            for (const unit of units)
              skipUnit(draft, unit, `it is inside a body: ${options.method} cannot see its inputs there`);
          else
            await quantizeCalibrated(
              draft,
              units,
              { ...settings, ...plan, actOrder: options.actOrder, damping: options.damping },
              workers,
              context,
            );
        }),
      );
    const opset = opsetOf(options);
    return opset === null ? work(original) : onRaised(original, opset, work);
  },
});
