import { parseOptions, type BuildRecord, type Chain, type Context, type Model } from '../../contracts/index.ts';
import { orderFault } from '../../optimize/index.ts';
import { prepareProcess } from '../../runtime/onnxruntime/index.ts';
import { throwIfCancelled } from '../run/context.ts';
import type { Companions, EncodingOf } from '../run/encoding.ts';
import { techniqueOf } from './techniques.ts';

type Outcome = BuildRecord['outcome'];
type Steps = Extract<Outcome, { kind: 'built' }>['steps'];

/** The first steps of a chain as they were built before. */
export interface Begun {
  readonly model: Model;
  readonly steps: Steps;
  readonly tolerance: number | null;
  readonly companions: Companions;
  readonly config: Readonly<Record<string, string>>;
}

/** Where a chain's build goes on from, and who hears how far it got. */
export interface GoingOn {
  /** null: the original. */
  readonly begun: Begun | null;
  /** Hears the model after each step, the last one too. */
  after(state: Begun, last: boolean): Promise<void>;
}

/** The outcome of a chain: a new model, or the refusal of one of its steps. */
export type ChainResult =
  | {
      readonly kind: 'model';
      readonly model: Model;
      readonly steps: Steps;
      /** null: a step made another network. */
      readonly tolerance: number | null;
      /** Files beside the model that the steps rewrote. */
      readonly companions: Companions;
      /** Session config entries that the steps ask for. */
      readonly config: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'refused';
      readonly technique: string;
      readonly refusal: { reason: string; nodes: readonly string[] };
    };

/** The world as steps see it after the files beside the model changed. */
const rereading = async (context: Context, companions: Companions, encode?: EncodingOf): Promise<Context> => {
  const { companion } = context;
  const changed: Pick<Context, 'companion'> = {
    companion: (name) => {
      const bytes = companions.get(name);
      return bytes === undefined ? companion(name) : Promise.resolve(bytes);
    },
  };
  // Data that nobody can read anew would be read with the wrong tokenizer.
  if (encode === undefined) return { ...context, ...changed, calibration: null, learning: null };
  const { calibration, learning } = await encode(companions);
  return { ...context, ...changed, calibration, learning };
};

/** Apply the techniques of a chain in order, those that `begun` holds excepted; `after` hears the model after each one. A step that refuses, or that changes nothing, ends the chain with its reason.
 *  Errors: `usage/technique`, `usage/option`, faults of a technique, `engine/cancelled`. */
export const applyChain = async (
  model: Model,
  chain: Chain,
  outer: Context,
  encode?: EncodingOf,
  begun: Begun | null = null,
  after?: (state: Begun, last: boolean) => Promise<void>,
): Promise<ChainResult> => {
  const steps: Steps[number][] = [...(begun?.steps ?? [])];
  let current = begun?.model ?? model;
  let tolerance: number | null = begun === null ? 0 : begun.tolerance;
  let companions: Companions = begun?.companions ?? new Map();
  let context: Context = { ...outer, original: model };
  if (companions.size > 0) context = await rereading(context, companions, encode);
  let config: Readonly<Record<string, string>> = begun?.config ?? {};
  const late = orderFault(chain.steps);
  if (late !== null)
    return {
      kind: 'refused',
      technique: late.technique,
      refusal: { reason: `it comes after ${late.after}: ${late.reason}`, nodes: [] },
    };
  const left = chain.steps.slice(steps.length);
  // Calibration needs a session: its process starts while earlier steps work.
  if (
    context.calibration !== null &&
    left.some(({ technique }) => techniqueOf(technique).needs.calibration === 'required')
  )
    prepareProcess();
  for (const step of left) {
    throwIfCancelled(context.signal);
    const technique = techniqueOf(step.technique);
    const options = parseOptions(technique.id, technique.options, step.options);
    if (technique.needs.training && context.learning === null)
      return {
        kind: 'refused',
        technique: technique.id,
        refusal: {
          reason:
            'it needs examples to learn from, of a task whose answers are classes: name some, data.train in a scenario or --train on the command line',
          nodes: [],
        },
      };
    if (technique.needs.calibration === 'required' && context.calibration === null)
      return {
        kind: 'refused',
        technique: technique.id,
        refusal: {
          reason:
            'it needs calibration data: name some, data.calibration in a scenario or --inputs on the command line',
          nodes: [],
        },
      };
    const refusal = technique.check(current, options);
    if (refusal !== null) return { kind: 'refused', technique: technique.id, refusal };
    // Two steps of one technique must not overwrite each other's checkpoints.
    const place = steps.length + 1;
    const world: Context = { ...context, checkpoints: (name) => context.checkpoints(`step-${place}-${name}`) };
    const result = await technique.apply(current, options, world);
    if (result.changes.length === 0) {
      const reasons = [...new Set(result.skipped.map(({ reason }) => reason))].slice(0, 3);
      return {
        kind: 'refused',
        technique: technique.id,
        refusal: {
          reason: reasons.length > 0 ? `nothing to change: ${reasons.join('; ')}` : 'nothing to change',
          nodes: result.skipped.flatMap(({ nodes }) => nodes).slice(0, 20),
        },
      };
    }
    steps.push({
      technique: technique.id,
      version: technique.version,
      options,
      changes: result.changes,
      skipped: result.skipped,
    });
    const own = technique.tolerance(options);
    tolerance = tolerance === null || own === null ? null : tolerance + own;
    config = { ...config, ...result.config };
    current = result.model;
    if (result.companions !== undefined && result.companions.size > 0) {
      companions = new Map([...companions, ...result.companions]);
      context = await rereading(context, companions, encode);
    }
    await after?.(
      { model: current, steps: [...steps], tolerance, companions, config },
      steps.length === chain.steps.length,
    );
  }
  return { kind: 'model', model: current, steps, tolerance, config, companions };
};

/** What the steps of a built version may do to its outputs, all together; null: one of them made another network. */
export const toleranceOf = (steps: Steps): number | null =>
  steps.reduce<number | null>((sum, { technique, options }) => {
    const one = techniqueOf(technique);
    const own = one.tolerance(parseOptions(one.id, one.options, options));
    return sum === null || own === null ? null : sum + own;
  }, 0);

/** The suffix of a variant's file name, by which transformers.js finds the standard ones (its `dtype` option); '' for a plain model. */
export const suffixOf = (chain: Chain): string =>
  chain.steps
    .flatMap(({ technique, options }) => {
      const one = techniqueOf(technique);
      const suffix = one.suffixFor?.(parseOptions(one.id, one.options, options));
      return (suffix === undefined ? one.fileSuffix : suffix) ?? [];
    })
    .at(-1) ?? '';
