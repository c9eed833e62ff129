import { SteelyardError, defineTechnique, parseOptions } from '../../../contracts/index.ts';
import type { Technique } from '../../../contracts/index.ts';
import { blockwise } from '../blockwise.ts';
import { dynamic } from '../dynamic.ts';
import { staticInt8 } from '../static/static.ts';
import { withinBudget } from './budget.ts';

/** What can be mixed with float32, by the names of the option. */
const bases: Readonly<Record<string, Technique>> = {
  dynamic: dynamic as Technique,
  static: staticInt8 as Technique,
  blockwise: blockwise as Technique,
};

/** All layers in few bits, then back to float32 layer by layer, the most harmful first, until the answers are close enough.
 *  Shapes: unchanged. Errors: `optimize/calibration`; those of the base technique.
 *  Source: sensitivity list and cumulative walk as in AIMET's automatic mixed precision and NNCF's accuracy control. */
export const mixed = defineTechnique({
  id: 'quantize/mixed',
  version: 3,
  title: 'Few bits where they do no harm',
  source: 'Sensitivity list and cumulative walk: AIMET automatic mixed precision; NNCF accuracy-aware quantization',
  summary:
    'Quantizes all layers, then takes the ones that harm the answers most back to float32 until the error budget holds. ' +
    'Works for int8 at run time, int8 with calibrated ranges and few-bit blocks. ' +
    'Needs real inputs; takes one short trial a layer. Pays when a few layers cause most of the damage.',
  fileSuffix: 'quantized',
  needs: { calibration: 'required', training: false },
  options: {
    base: {
      kind: 'choice',
      choices: Object.keys(bases),
      default: 'dynamic',
      description: 'Which technique quantizes: dynamic or static (int8), or blockwise (few bits).',
      search: Object.keys(bases),
    },
    maxError: {
      kind: 'number',
      default: 0.05,
      min: 0.0001,
      max: 1,
      description: 'Largest relative error of the outputs on the calibration inputs.',
    },
    minAgreement: {
      kind: 'number',
      default: 0,
      min: 0,
      max: 1,
      description: 'Smallest share of output rows whose largest element must stay the same; 0 does not ask.',
    },
    perChannel: {
      kind: 'boolean',
      default: false,
      description: 'One scale per output column, where the base technique has that choice.',
    },
    bits: {
      kind: 'choice',
      choices: ['default', '2', '4', '7', '8'],
      default: 'default',
      description: 'Bits per weight, where the base technique has that choice.',
    },
    method: {
      kind: 'choice',
      choices: ['default', 'rtn', 'k-quant', 'hqq', 'gptq'],
      default: 'default',
      description: 'How few-bit blocks are rounded, for the base blockwise.',
    },
    batches: {
      kind: 'integer',
      default: 8,
      min: 1,
      max: 1000,
      description: 'Calibration batches that each trial looks at.',
      unit: 'batches',
    },
    exclude: {
      kind: 'names',
      default: [],
      description: 'Node names or outputs to leave in float32 from the start; * matches any characters.',
    },
  },
  place: { stage: 'weights', saves: ['time', 'bytes'] },
  tolerance: ({ maxError }) => Math.min(1, maxError * 3),
  check: (model, options) => {
    const technique = bases[options.base]!;
    const { bits } = technique.options;
    if (options.bits !== 'default' && bits?.kind === 'choice' && !bits.choices.includes(options.bits))
      return {
        reason: `${technique.id} has no ${options.bits}-bit weights, only ${bits.choices.join(', ')}`,
        nodes: [],
      };
    return technique.check(model, parseOptions(technique.id, technique.options));
  },
  async apply(model, options, context) {
    const technique = bases[options.base]!;
    const has = (key: string): boolean => Object.hasOwn(technique.options, key);
    const raw = {
      ...(options.base === 'blockwise' && options.method !== 'default' ? { method: options.method } : {}),
      ...(has('perChannel') ? { perChannel: options.perChannel } : {}),
      ...(has('bits') && options.bits !== 'default' ? { bits: options.bits } : {}),
    };
    if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while trying layers');
    return withinBudget(
      model,
      (layers) => {
        const exclude = [...options.exclude, ...layers];
        return technique.apply(model, parseOptions(technique.id, technique.options, { ...raw, exclude }), context);
      },
      options,
      context,
    );
  },
});
