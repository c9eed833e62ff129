import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { isSteelyardError, parseOptions } from '../contracts/index.ts';
import type {
  Feeds,
  Model,
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
import { compareOutputs } from './testing/compare.ts';

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

/** Inputs that the original accepts, twice, and its answers; null when none were found or it is not deterministic. */
const proven = async (session: Session): Promise<{ feeds: Feeds[]; results: RunResult[] } | null> => {
  for (const open of [2, 1, 4, 8, 16, 256]) {
    try {
      const feeds = [1, 2].map((round) => feedsFor(session, open, round)).filter((one) => one !== null);
      if (feeds.length < 2) return null;
      const runs: RunResult[][] = [[], []];
      for (const list of runs) for (const one of feeds) list.push(await session.run(one));
      const [results = [], again = []] = runs;
      return compareOutputs(results, again).relativeError === 0 ? { feeds, results } : null;
    } catch (error) {
      if (isSteelyardError(error) && error.code === 'runtime/crashed') return null;
    }
  }
  return null;
};

interface Line {
  readonly file: string;
  readonly technique: string;
  readonly outcome: string;
}

const attempt = async (
  technique: Technique,
  model: Model,
  session: Session,
  truth: Awaited<ReturnType<typeof proven>>,
): Promise<string> => {
  const options = parseOptions(technique.id, technique.options, {});
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
  });
  let result: TechniqueResult;
  try {
    result = await technique.apply(model, options, context);
  } catch (error) {
    // Nothing was found that the model can be fed with, or there are no examples to learn from.
    const missing = technique.needs.training || (truth === null && technique.needs.calibration !== 'none');
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
    const names = (list: readonly ValueInfo[]): string => list.map((one) => one.name).join();
    if (names(candidate.inputs) !== names(session.inputs)) return 'FAULT: other inputs';
    if (names(candidate.outputs) !== names(session.outputs)) return 'FAULT: other outputs';
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

test.runIf(files.length > 0)('every technique on every real model: valid, loads, equal; or a reason', async () => {
  const lines: Line[] = [];
  let opened = 0;
  let compared = 0;
  const context = createContext({ seed: 3, workFolder });
  for (const { name, path } of files) {
    let model: Model;
    let session: Session;
    try {
      model = await decodeFile(path);
      session = await context.open(path);
    } catch (error) {
      if (!isSteelyardError(error)) throw error;
      continue;
    }
    opened++;
    const truth = await proven(session);
    if (truth) compared++;
    for (const technique of techniques) {
      const start = performance.now();
      const outcome = await attempt(technique, model, session, truth);
      const seconds = (performance.now() - start) / 1000;
      if (seconds > 20) process.stderr.write(`${technique.id} ${name}: ${seconds.toFixed(0)} s, ${outcome}\n`);
      lines.push({ file: name, technique: technique.id, outcome });
      // At once: the whole takes long.
      if (/^(FAULT|FAR)/.test(outcome)) process.stderr.write(`${technique.id} ${name}: ${outcome}\n`);
    }
    await session.close();
  }
  const count = (id: string, start: string): number =>
    lines.filter(({ technique, outcome }) => technique === id && outcome.startsWith(start)).length;
  for (const { id } of techniques)
    process.stderr.write(
      `${id}: ${['equal', 'loads', 'refused', 'nothing', 'FAR', 'FAULT'].map((word) => `${word} ${count(id, word)}`).join(', ')}\n`,
    );
  process.stderr.write(`${files.length} files, ${opened} load, ${compared} compared\n`);
  const bad = lines.filter(({ outcome }) => /^(FAULT|FAR)/.test(outcome));
  expect(bad.filter(({ outcome }) => outcome.startsWith('FAULT'))).toEqual([]);
  expect(bad.filter(({ technique }) => technique.startsWith('fuse/'))).toEqual([]);
});
