import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { isSteelyardError, parseOptions } from '../contracts/index.ts';
import type {
  Feeds,
  Learning,
  Model,
  OptionsSpec,
  RunResult,
  Session,
  Technique,
  TechniqueResult,
  Value,
  ValueInfo,
} from '../contracts/index.ts';
import { createContext } from '../engine/run/context.ts';
import { checkModel, decodeFile } from '../model/onnx/index.ts';
import type { Problem } from '../model/onnx/index.ts';
import { bitsOf } from '../model/tensor/index.ts';
import { seeded } from '../statistics/index.ts';
import { shared, sharedOrSkip } from '../testing/shared.ts';
import { techniques as all } from './index.ts';
import { unstructured } from './prune/unstructured.ts';
import { compareOutputs } from './testing/compare.ts';
import { learningFor } from './testing/learning.ts';
import type { Sample } from './testing/models.ts';

const roots = [
  sharedOrSkip('techniques on real models', 'models'),
  shared('conformance', 'onnxruntime-testdata-2020'),
].filter((root) => root !== null);
const files = roots.flatMap((root) =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.onnx'))
    .map((name) => ({ name: relative(join(root, '..'), join(root, name)), path: join(root, name) })),
);

/** Those whose ids begin with one of the words in STEELYARD_TECHNIQUES (comma apart); all where it is not set. */
const wanted = (process.env['STEELYARD_TECHNIQUES'] ?? '').split(',');
const techniques = all.filter(({ id }) => wanted.some((word) => id.startsWith(word)));

const workFolder = mkdtempSync(join(tmpdir(), 'steelyard-corpus-'));
afterAll(() => rmSync(workFolder, { recursive: true, force: true }));

const arrays: Readonly<Record<string, (length: number) => Value['data']>> = {
  float32: (length) => new Float32Array(length),
  float64: (length) => new Float64Array(length),
  float16: (length) => new Uint16Array(length),
  int8: (length) => new Int8Array(length),
  uint8: (length) => new Uint8Array(length),
  int16: (length) => new Int16Array(length),
  uint16: (length) => new Uint16Array(length),
  int32: (length) => new Int32Array(length),
  uint32: (length) => new Uint32Array(length),
  int64: (length) => new BigInt64Array(length),
  uint64: (length) => new BigUint64Array(length),
  bool: (length) => new Uint8Array(length),
};

/** Normal floats, integers of 0 and 1; open sizes get `open`. null when a type cannot be made. */
const valueFor = ({ name, type }: ValueInfo, open: number, round: number): Value | null => {
  if (type?.kind !== 'tensor') return null;
  const dims = (type.dims ?? [open]).map((dim) => (typeof dim === 'number' && dim >= 0 ? dim : open));
  const length = dims.reduce((product, dim) => product * dim, 1);
  if (!(type.dtype in arrays) || length > 1 << 24 || bitsOf(type.dtype) === 0) return null;
  const random = seeded(round, name);
  const data = arrays[type.dtype]?.(length);
  if (!data || Array.isArray(data)) return null;
  for (let i = 0; i < length; i++) {
    if (data instanceof Float32Array || data instanceof Float64Array) data[i] = random.normal();
    else if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[i] = BigInt(random.integer(2));
    else (data as Uint8Array)[i] = type.dtype === 'float16' ? 0x3800 + random.integer(0x400) : random.integer(2);
  }
  return { dtype: type.dtype, dims, data };
};

const feedsFor = (session: Session, open: number, round: number): Feeds | null => {
  const entries = session.inputs.map((one) => [one.name, valueFor(one, open, round)] as const);
  return entries.every(([, value]) => value) ? (Object.fromEntries(entries) as Feeds) : null;
};

/** As little training as techniques offer: many models are trained here. */
const shortest: Readonly<Record<string, number>> = { epochs: 1, minutes: 2, batchSize: 8 };
const optionsOf = <S extends OptionsSpec>({ id, options }: Technique<S>) =>
  parseOptions(id, options, Object.fromEntries(Object.entries(shortest).filter(([name]) => name in options)));

/** Made-up rows for a model that classifies rows of one batch; null for every other. */
const lessonsFor = async (
  name: string,
  model: Model,
  session: Session,
  truth: Truth | null,
): Promise<Learning | null> => {
  if (truth === null || model.graph.outputs.length === 0) return null;
  const feeds: Sample['feeds'] = (random) => feedsFor(session, truth.open, random.integer(1 << 30))!;
  const learning = learningFor({ name, model, feeds });
  if (learning === null) return null;
  try {
    const { outputs } = await session.run(learning.train.feeds([0, 1, 2]));
    return String(outputs[learning.output]?.dims) === `3,${learning.labels.length}` ? learning : null;
  } catch (error) {
    if (!isSteelyardError(error)) throw error;
    return null;
  }
};

interface Truth {
  readonly open: number;
  readonly feeds: Feeds[];
  readonly results: RunResult[];
}

/** Inputs that the original accepts, twice, and its answers; null when none were found or it is not deterministic. */
const proven = async (session: Session): Promise<Truth | null> => {
  for (const open of [2, 1, 4, 8, 16, 256]) {
    try {
      const feeds = [1, 2].map((round) => feedsFor(session, open, round)).filter((one) => one !== null);
      if (feeds.length < 2) return null;
      const runs: RunResult[][] = [[], []];
      for (const list of runs) for (const one of feeds) list.push(await session.run(one));
      const [results = [], again = []] = runs;
      return compareOutputs(results, again).relativeError === 0 ? { open, feeds, results } : null;
    } catch (error) {
      if (isSteelyardError(error) && error.code === 'runtime/crashed') return null;
    }
  }
  return null;
};

/** A real file that loads. */
interface Subject {
  readonly name: string;
  readonly model: Model;
  readonly inputs: string;
  readonly outputs: string;
  readonly truth: Truth | null;
  readonly learning: Learning | null;
}

const names = (list: readonly ValueInfo[]): string => list.map((one) => one.name).join();

const subjectsOf = async (): Promise<readonly Subject[]> => {
  const context = createContext({ seed: 3, workFolder });
  const found: Subject[] = [];
  for (const { name, path } of files) {
    try {
      const model = await decodeFile(path);
      const session = await context.open(path);
      const truth = await proven(session);
      const learning = await lessonsFor(name, model, session, truth);
      found.push({ name, model, inputs: names(session.inputs), outputs: names(session.outputs), truth, learning });
      await session.close();
    } catch (error) {
      if (!isSteelyardError(error)) throw error;
    }
  }
  const count = (has: (one: Subject) => boolean): number => found.filter(has).length;
  process.stderr.write(
    `${files.length} files, ${found.length} load, ${count(({ truth }) => truth !== null)} compared, ${count(({ learning }) => learning !== null)} with lessons\n`,
  );
  return found;
};
let subjects: Promise<readonly Subject[]> | null = null;

const attempt = async (
  technique: Technique,
  { model: original, inputs, outputs, truth, learning }: Subject,
): Promise<string> => {
  const options = optionsOf(technique);
  let model = original;
  const refusal = technique.check(model, options);
  if (refusal) return `refused: ${refusal.reason}`;
  const context = createContext({
    seed: 3,
    workFolder,
    calibration:
      truth &&
      async function* calibration() {
        yield* truth.feeds;
      },
    learning,
  });
  let result: TechniqueResult;
  try {
    // Something to make up for.
    if (technique.place?.stage === 'recovery')
      ({ model } = await unstructured.apply(model, optionsOf(unstructured), context));
    result = await technique.apply(model, options, { ...context, original });
  } catch (error) {
    // Nothing was found that the model can be fed with, or there are no examples to learn from.
    const missing =
      (learning === null && technique.needs.training) || (truth === null && technique.needs.calibration !== 'none');
    if (missing && isSteelyardError(error) && error.code !== 'runtime/crashed') return `refused: ${error.message}`;
    return `FAULT: ${String(error)}`;
  }
  if (result.changes.length === 0)
    return result.skipped.length > 0 ? `nothing to do: ${result.skipped[0]?.reason}` : 'FAULT: silent';
  // A raised operator set changes the number in a warning, not the warning.
  const problem = ({ where, what }: Problem): string => `${where} ${what.replace(/version \d+/g, 'version')}`;
  const known = checkModel(model).map(problem);
  const problems = checkModel(result.model).filter((one) => !known.includes(problem(one)));
  if (problems.length > 0) return `FAULT: ${JSON.stringify(problems[0])}`;
  let candidate: Session;
  try {
    candidate = await context.open(result.model);
  } catch (error) {
    return `FAULT: does not load: ${String(error)}`;
  }
  try {
    if (names(candidate.inputs) !== inputs) return 'FAULT: other inputs';
    if (names(candidate.outputs) !== outputs) return 'FAULT: other outputs';
    if (!truth) return 'loads';
    const results: RunResult[] = [];
    for (const feeds of truth.feeds) results.push(await candidate.run(feeds));
    const { relativeError } = compareOutputs(truth.results, results);
    return relativeError <= (technique.tolerance(options) ?? Number.MAX_VALUE)
      ? 'equal'
      : `FAR: ${relativeError.toPrecision(3)}`;
  } catch (error) {
    return `FAULT: ${String(error)}`;
  } finally {
    await candidate.close();
  }
};

// A test each: a slow one hides no other.
test.runIf(files.length > 0).each(techniques.map((technique) => [technique.id, technique] as const))(
  '%s on every real model: valid, loads, equal; or a reason',
  async (id, technique) => {
    const outcomes: { readonly file: string; readonly outcome: string }[] = [];
    for (const subject of await (subjects ??= subjectsOf())) {
      const start = performance.now();
      const outcome = await attempt(technique, subject);
      const seconds = (performance.now() - start) / 1000;
      outcomes.push({ file: subject.name, outcome });
      // At once: the whole takes long.
      if (seconds > 60 || /^(FAULT|FAR)/.test(outcome))
        process.stderr.write(`${id} ${subject.name}: ${seconds.toFixed(0)} s, ${outcome}\n`);
    }
    const those = (word: string) => outcomes.filter(({ outcome }) => outcome.startsWith(word));
    process.stderr.write(
      `${id}: ${['equal', 'loads', 'refused', 'nothing', 'FAR', 'FAULT'].map((word) => `${word} ${those(word).length}`).join(', ')}\n`,
    );
    expect(those('FAULT')).toEqual([]);
    if (id.startsWith('fuse/')) expect(those('FAR')).toEqual([]);
  },
);
