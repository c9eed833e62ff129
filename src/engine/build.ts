import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  SteelyardError,
  defaultSessionOptions,
  isSteelyardError,
  parseOptions,
  type BuildRecord,
  type Chain,
  type Context,
  type Digest,
  type Feeds,
  type Model,
  type Session,
  type SessionOptions,
  type Store,
  type Technique,
} from '../contracts/index.ts';
import { checkModel, decodeFile, encodeFile } from '../model/onnx/index.ts';
import { orderFault, techniques } from '../optimize/index.ts';
import { variantFileName } from '../model/write-folder.ts';
import { closest } from './scenario/closest.ts';
import { throwIfCancelled } from './context.ts';
import type { Companions, EncodingOf } from './encoding.ts';
import { verify, type Compared } from './verify.ts';

/** The technique with this id. Errors: `usage/technique` with the nearest and all known ids. */
export const techniqueOf = (id: string): Technique => {
  const found = techniques.find((technique) => technique.id === id);
  if (found !== undefined) return found as Technique;
  const ids = techniques.map((technique) => technique.id);
  const near = closest(id, ids);
  throw new SteelyardError(
    'usage/technique',
    `unknown technique "${id}"${near === null ? '' : `; did you mean "${near}"?`}`,
    `techniques: ${ids.join(', ')}`,
  );
};

type Outcome = BuildRecord['outcome'];
type Steps = Extract<Outcome, { kind: 'built' }>['steps'];

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

/** Apply the techniques of a chain in order. A step that refuses, or that changes nothing, ends the chain with its reason.
 *  Errors: `usage/technique`, `usage/option`, faults of a technique, `engine/cancelled`. */
export const applyChain = async (
  model: Model,
  chain: Chain,
  outer: Context,
  encode?: EncodingOf,
): Promise<ChainResult> => {
  const steps: Steps[number][] = [];
  let current = model;
  let tolerance: number | null = 0;
  let companions: Companions = new Map();
  let context: Context = { ...outer, original: model };
  let config: Readonly<Record<string, string>> = {};
  const late = orderFault(chain.steps);
  if (late !== null)
    return {
      kind: 'refused',
      technique: late.technique,
      refusal: { reason: `it comes after ${late.after}: ${late.reason}`, nodes: [] },
    };
  for (const step of chain.steps) {
    throwIfCancelled(context.signal);
    const technique = techniqueOf(step.technique);
    const options = parseOptions(technique.id, technique.options, step.options);
    if (technique.needs.training && context.learning === null)
      return {
        kind: 'refused',
        technique: technique.id,
        refusal: {
          reason: 'it needs examples to learn from: name some, data.train in a scenario or --train on the command line',
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
    const result = await technique.apply(current, options, context);
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
  }
  return { kind: 'model', model: current, steps, tolerance, config, companions };
};

/** The suffix of a variant's file name, by which transformers.js finds the standard ones (its `dtype` option); '' for a plain model. */
export const suffixOf = (chain: Chain): string =>
  chain.steps
    .flatMap(({ technique, options }) => {
      const one = techniqueOf(technique);
      const suffix = one.suffixFor?.(parseOptions(one.id, one.options, options));
      return (suffix === undefined ? one.fileSuffix : suffix) ?? [];
    })
    .at(-1) ?? '';

/** What `build` needs to know about the original. */
export interface BuildSource {
  readonly modelPath: string;
  readonly session: Partial<SessionOptions>;
  readonly inputs: readonly Feeds[];
  readonly original: Session;
  /** Reads the data anew for versions that change the tokenizer; absent: such versions fail. */
  readonly encode?: EncodingOf;
}

/** The inputs that a version is compared with the original on, each as either of them reads it. */
const comparedInputs = async (
  { inputs, encode }: BuildSource,
  companions: Companions,
): Promise<readonly Compared[]> => {
  if (companions.size === 0) return inputs.map((feeds) => [feeds, feeds]);
  if (encode === undefined)
    throw new SteelyardError(
      'engine/companions',
      'the version reads its inputs with another tokenizer, and there is no data to read anew',
      'give data: --inputs on the command line, data in a scenario',
    );
  const own = await encode(companions);
  return own.inputs.map((feeds, at) => [inputs[at]!, feeds]);
};

/** Whether a fault is the candidate's own: a full disk or a broken store says nothing about it, and must not be remembered as its outcome. */
export const isOwnFault = ({ code }: SteelyardError): boolean =>
  code !== 'model/no-space' && !code.startsWith('store/') && !code.startsWith('engine/');

/** Build one chain into a folder: apply, check, encode, verify on real inputs, keep the files.
 *  Faults of the candidate become its outcome; cancellation, a full disk and bugs throw. */
export const buildChain = async (
  chain: Chain,
  source: BuildSource,
  store: Store,
  workFolder: string,
  context: Context,
): Promise<Outcome> => {
  const folder = join(workFolder, `build-${process.pid}`);
  try {
    const applied = await applyChain(await decodeFile(source.modelPath), chain, context, source.encode);
    if (applied.kind === 'refused') return applied;
    const problems = checkModel(applied.model).filter(({ severity }) => severity === 'error');
    if (problems.length > 0)
      throw new SteelyardError(
        'optimize/invalid',
        `the result is not a valid model: ${problems[0]!.where}: ${problems[0]!.what}`,
      );
    await mkdir(folder, { recursive: true });
    const path = join(folder, variantFileName(suffixOf(chain)));
    const { files } = await encodeFile(applied.model, path);
    const chosen: SessionOptions = { ...defaultSessionOptions, ...source.session, ...chain.session };
    const session: SessionOptions = { ...chosen, config: { ...applied.config, ...chosen.config } };
    const { companions, tolerance } = applied;
    const pairs = await comparedInputs(source, companions);
    const verification =
      pairs.length === 0 ? null : await verify(source.original, path, pairs, tolerance, session, context);
    if (verification !== null && tolerance !== null && !(verification.relativeError <= tolerance))
      throw new SteelyardError(
        'optimize/verification',
        `its outputs differ from the original’s by ${(verification.relativeError * 100).toPrecision(3)} % on real inputs, more than the ${(tolerance * 100).toPrecision(3)} % that its techniques state`,
      );
    const kept: { name: string; digest: Digest; sizeBytes: number }[] = [];
    for (const file of files) kept.push({ ...file, digest: await store.put({ path: join(folder, file.name) }) });
    const beside: typeof kept = [];
    for (const [name, bytes] of companions)
      beside.push({ name, digest: await store.put(bytes), sizeBytes: bytes.length });
    return {
      kind: 'built',
      files: kept,
      ...(beside.length === 0 ? {} : { companions: beside }),
      sessionOptions: session,
      steps: applied.steps,
      verification,
    };
  } catch (error) {
    throwIfCancelled(context.signal);
    if (isSteelyardError(error) && isOwnFault(error))
      return { kind: 'failed', code: error.code, message: error.message };
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
