import { SteelyardError, defineTechnique, parseOptions } from '../../../contracts/index.ts';
import type { Technique } from '../../../contracts/index.ts';
import { hasLinear } from '../linear.ts';
import { blockwise } from '../blockwise.ts';
import { dynamic } from '../dynamic.ts';
import { applyBase, distanceOf, referenceOf, sensitivities, type Base } from './sensitivity.ts';
import { smallestThat } from './walk.ts';

/** What can be mixed with float32, by the names of the option. */
const bases: Readonly<Record<string, Technique>> = {
  dynamic: dynamic as Technique,
  blockwise: blockwise as Technique,
};

const percent = (share: number): string => `${(share * 100).toPrecision(2)} %`;

/** All layers in few bits, then back to float32 layer by layer, the most harmful first, until the answers are close enough.
 *  Shapes: unchanged. Errors: `optimize/calibration`; those of the base technique.
 *  Source: sensitivity list and cumulative walk as in AIMET's automatic mixed precision and NNCF's accuracy control. */
export const mixed = defineTechnique({
  id: 'quantize/mixed',
  version: 1,
  title: 'Few bits where they do no harm',
  source: 'Sensitivity list and cumulative walk: AIMET automatic mixed precision; NNCF accuracy-aware quantization',
  summary:
    'Quantizes all layers, then takes the ones that harm the answers most back to float32 until the error budget holds. ' +
    'Works for int8 at run time and for 4-bit blocks. ' +
    'Needs real inputs; takes one short trial a layer. Pays when a few layers cause most of the damage.',
  fileSuffix: 'quantized',
  needs: { calibration: 'required', training: false },
  options: {
    base: {
      kind: 'choice',
      choices: Object.keys(bases),
      default: 'dynamic',
      description: 'Which technique quantizes: dynamic (int8) or blockwise (4 bits).',
      search: Object.keys(bases),
    },
    maxError: {
      kind: 'number',
      default: 0.05,
      min: 0.0001,
      max: 1,
      description: 'Largest relative error of the outputs on the calibration inputs.',
      search: [0.02, 0.05, 0.1],
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
  tolerance: ({ maxError }) => Math.min(1, maxError * 3),
  check: (model, options) => {
    if (!hasLinear(model.graph.nodes)) return { reason: 'the graph has no MatMul or Gemm', nodes: [] };
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
    const base: Base = {
      technique,
      options: {
        ...(has('perChannel') ? { perChannel: options.perChannel } : {}),
        ...(has('bits') && options.bits !== 'default' ? { bits: options.bits } : {}),
      },
      exclude: options.exclude,
    };
    if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while trying layers');
    const whole = await applyBase(model, base, [], context);
    const layers = [...new Set(whole.changes.flatMap(({ nodes }) => nodes))];
    if (layers.length === 0) return whole;
    const reference = await referenceOf(model, options.batches, context);
    const close = ({ error, agreement }: { error: number; agreement: number }): boolean =>
      error <= options.maxError && agreement >= options.minAgreement;
    // Everything at once may do: then no layer has to be tried alone.
    const at = await distanceOf(whole.model, reference, whole.config, context);
    if (close(at)) return whole;
    const ranked = await sensitivities(model, base, layers, reference, context);
    const back = (count: number): string[] => ranked.slice(0, count).map(({ layer }) => layer);
    const count = await smallestThat(ranked.length - 1, async (some) => {
      if (some === 0) return false;
      context.progress({ label: 'taking layers back to float32', done: some, total: ranked.length });
      const { model: attempt, config } = await applyBase(model, base, back(some), context);
      return close(await distanceOf(attempt, reference, config, context));
    });
    const best = ranked.at(-1)!;
    if (count === null)
      return {
        model,
        changes: [],
        skipped: [
          {
            reason:
              `no layer can be quantized within the budget: the least harmful one alone causes an error of ${percent(best.error)} ` +
              `(agreement ${percent(best.agreement)})`,
            nodes: [best.layer],
          },
        ],
      };
    const result = await applyBase(model, base, back(count), context);
    const left = ranked.slice(0, count).map(({ layer, error }) => ({
      reason: `kept in float32: alone it causes an error of ${percent(error)}`,
      nodes: [layer],
    }));
    const taken = new Set(back(count));
    return {
      ...result,
      skipped: [...left, ...result.skipped.filter(({ nodes }) => !nodes.some((name) => taken.has(name)))],
    };
  },
});
