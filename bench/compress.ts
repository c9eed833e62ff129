// Every technique that makes a network smaller, alone, on the CLINC150 classifier: file, speed, accuracy with its test, minutes; and what
// repair gives back. Versions and answers stay in a work folder, so an interrupted run goes on.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSteelyardError } from '../src/contracts/index.ts';
import type { ChainStep, Predictions } from '../src/contracts/index.ts';
import { applyChain, type Begun } from '../src/engine/build/chain.ts';
import { decodeFile, encodeFile } from '../src/model/onnx/index.ts';
import { techniques } from '../src/optimize/index.ts';
import { readMachine, runtimeVersion } from '../src/runtime/index.ts';
import { tangoInterval, wilson } from '../src/statistics/index.ts';
import { compareAnswers, distances, relativeError, truthOf } from './answers.ts';
import { candidatesFor, type Candidate } from './compress-list.ts';
import { compressPage, type Seen } from './compress-page.ts';
import { inverse, type Ratio } from './table.ts';
import { answersOf, flag, openWorkshop, race, type Version, type Workshop } from './workshop.ts';

/** What of a built version is written beside its model. */
interface Built {
  /** Of itself alone: what it begins with took its own. */
  readonly minutes: number;
  readonly begun: Omit<Begun, 'model' | 'companions'>;
  readonly companions: readonly string[];
}

/** A version, or why there is none. */
type Outcome =
  | { readonly kind: 'built'; readonly folder: string; readonly built: Built }
  | { readonly kind: 'left'; readonly reason: string };

const json = (value: unknown): string => JSON.stringify(value);

const readJson = async <T>(path: string): Promise<T | null> => {
  const text = await readFile(path, 'utf8').catch(() => null);
  return text === null ? null : (JSON.parse(text) as T);
};

/** Folder of a chain: another name as soon as a technique's version, an option, the data or the seed is another. */
const folderOf = (work: string, steps: readonly ChainStep[], seed: number, quick: boolean): string => {
  const versions = steps.map(({ technique }) => techniques.find(({ id }) => id === technique)!.version);
  const key = createHash('sha256')
    .update(json([steps, versions, seed, quick]))
    .digest('hex')
    .slice(0, 16);
  return join(work, key);
};

const begunOf = async (folder: string, { begun, companions }: Built): Promise<Begun> => ({
  ...begun,
  model: await decodeFile(join(folder, 'model.onnx')),
  companions: new Map(
    await Promise.all(companions.map(async (name) => [name, await readFile(join(folder, name))] as const)),
  ),
});

/** Build a chain, or take what an earlier run built; what it begins with is built first, by itself. */
const build = async (
  shop: Workshop,
  { steps, seed }: Pick<Candidate, 'steps' | 'seed'>,
  at: { readonly work: string; readonly quick: boolean; readonly onBuild: (text: string) => void },
): Promise<Outcome & { readonly minutes: number }> => {
  const folder = folderOf(at.work, steps, seed, at.quick);
  const before = steps.length === 1 ? null : await build(shop, { steps: steps.slice(0, -1), seed }, at);
  if (before?.kind === 'left') return before;
  const spent = before?.minutes ?? 0;
  const known = await readJson<Built | { readonly reason: string }>(join(folder, 'made.json'));
  if (known !== null)
    return 'reason' in known
      ? { kind: 'left', reason: known.reason, minutes: spent }
      : { kind: 'built', folder, built: known, minutes: spent + known.minutes };
  const chain = { id: steps.map(({ technique }) => technique).join(' × '), steps, session: {} };
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const began = performance.now();
  const begun = before === null ? null : await begunOf(before.folder, before.built);
  const result = await applyChain(shop.model, chain, shop.context(seed), shop.encode, begun).catch((error: unknown) => {
    if (isSteelyardError(error)) return error;
    throw error;
  });
  // Not written down: with more time or memory the next run may succeed.
  if (isSteelyardError(result)) return { kind: 'left', reason: `${result.code}: ${result.message}`, minutes: spent };
  if (result.kind === 'refused') {
    const reason = `${result.technique} refused: ${result.refusal.reason}`;
    await writeFile(join(folder, 'made.json'), json({ reason }));
    return { kind: 'left', reason, minutes: spent };
  }
  const { model, companions, steps: done, tolerance, config } = result;
  await encodeFile(model, join(folder, 'model.onnx'));
  for (const [name, bytes] of companions) await writeFile(join(folder, name), bytes);
  const minutes = (performance.now() - began) / 60_000;
  const built: Built = { minutes, begun: { steps: done, tolerance, config }, companions: [...companions.keys()] };
  // Written last: a folder without it is begun anew.
  await writeFile(join(folder, 'made.json'), json(built));
  at.onBuild(`${chain.id}, seed ${seed}: ${minutes.toFixed(1)} min`);
  return { kind: 'built', folder, built, minutes: spent + minutes };
};

/** Answers of a version, kept beside it. */
const answers = async (shop: Workshop, version: Version, folder: string): Promise<Predictions> => {
  const path = join(folder, `answers-${shop.test.length}.json`);
  const known = await readJson<{ predicted: number[]; scores: string; labels: string[] }>(path);
  if (known !== null) {
    const bytes = new Uint8Array(Buffer.from(known.scores, 'base64'));
    return {
      ...known,
      predicted: Int32Array.from(known.predicted),
      scores: new Float32Array(bytes.buffer),
    } as unknown as Predictions;
  }
  const fresh = await answersOf(version, shop.test);
  const { scores, predicted } = fresh;
  const bytes = Buffer.from(scores.buffer, scores.byteOffset, scores.byteLength);
  await writeFile(path, json({ ...fresh, predicted: [...predicted], scores: bytes.toString('base64') }));
  return fresh;
};

const usualTiming = { maxSeconds: 150, minRounds: 40, maxRounds: 300, laps: 3 };
const quickTiming = { maxSeconds: 5, minRounds: 8, maxRounds: 12, laps: 1 };

/** Flags: --quick (fewer texts, a minute at most for each training, no page in the repository), --only=part,part (names that contain one of
 *  them), --untimed (no speeds, no page in the repository: for a machine that has other work), --seeds=3, --minutes=4 for a student,
 *  --recover=2 minutes for a recovery, --work=folder, --out=file. */
export const run = async (): Promise<void> => {
  const quick = flag('quick') !== null;
  const only = flag('only')?.split(',') ?? null;
  const work = flag('work') ?? join('out', quick ? 'compress-quick' : 'compress');
  const out =
    flag('out') ??
    (quick || only !== null || flag('untimed') !== null
      ? join(work, 'what-shrinks.md')
      : join('bench', 'what-shrinks.md'));
  const plan = {
    studentMinutes: Number(flag('minutes') ?? (quick ? 1 : 4)),
    recoverMinutes: Number(flag('recover') ?? (quick ? 1 : 2)),
    seeds: Number(flag('seeds') ?? (quick ? 1 : 3)),
  };
  await mkdir(work, { recursive: true });
  const shop = await openWorkshop({ folder: work, quick, calibrationRows: quick ? 128 : 1024 });
  if (shop === null) return;
  const machine = `${(await readMachine()).cpu}, ONNX Runtime ${await runtimeVersion()}`;
  console.log(machine);
  const say = (text: string): void => void process.stderr.write(`  ${text}\n`);
  const versions: (Version & {
    readonly candidate: Candidate;
    readonly built: Built;
    readonly minutes: number;
    readonly answers: Predictions;
  })[] = [];
  const left: { id: string; reason: string }[] = [];
  const reference = await answers(shop, shop.original, work);
  for (const candidate of candidatesFor(plan)) {
    if (only !== null && !only.some((part) => candidate.id.includes(part))) continue;
    const outcome = await build(shop, candidate, { work, quick, onBuild: say });
    if (outcome.kind === 'left') {
      left.push({ id: candidate.id, reason: outcome.reason });
      continue;
    }
    const { folder, built, minutes } = outcome;
    const path = join(folder, 'model.onnx');
    const { companions, config } = await begunOf(folder, built);
    const { task } = await shop.encode(companions);
    const version: Version = { id: candidate.id, path, sizeBytes: (await stat(path)).size, task, config };
    versions.push({ ...version, candidate, built, minutes, answers: await answers(shop, version, folder) });
  }
  const timing = quick ? quickTiming : usualTiming;
  // The weights of one cut differ; where the files are of one size its work does not, and one form of it tells the speed of all.
  const shapeOf = ({ candidate: { cut, repeated, shape, id }, sizeBytes }: (typeof versions)[number]): string =>
    `${cut?.[0] ?? repeated ?? shape ?? id} ${Math.round(sizeBytes / 1e5)}`;
  const timed = versions.filter((one, at) => versions.findIndex((other) => shapeOf(other) === shapeOf(one)) === at);
  const untimed = flag('untimed') !== null;
  if (!untimed) say(`timing ${timed.length} shapes`);
  const timedAt = async (batchSize: number): ReturnType<typeof race> =>
    untimed
      ? { ratios: new Map<string, Ratio>(), caveat: null }
      : race([shop.original, ...timed], shop.test, batchSize, timing);
  const [one, eight] = [await timedAt(1), await timedAt(8)];
  const speed = (ratios: ReadonlyMap<string, Ratio>, version: (typeof versions)[number]): Ratio | null => {
    const found = ratios.get(timed.find((other) => shapeOf(other) === shapeOf(version))!.id);
    return found === undefined ? null : inverse(found);
  };
  const truth = truthOf(shop.original.task, shop.test);
  const accuracyOf = (predictions: Predictions): Ratio => {
    const { accuracy: value } = compareAnswers(truth, reference, predictions);
    return { value, ...wilson(Math.round(value * truth.length), truth.length, 0.95) };
  };
  const seen = versions.map((version): Seen => {
    const { candidate, sizeBytes, minutes, answers: mine } = version;
    const { id, cut, repeated, beside } = candidate;
    const other = versions.find((one) => one.id === beside);
    const said = id.endsWith('exit/early') ? version.built.begun.steps.at(-1)?.changes.at(-1)?.what : undefined;
    return {
      id,
      ...(cut === undefined ? {} : { cut }),
      ...(repeated === undefined ? {} : { repeated }),
      ...(beside === undefined ? {} : { beside }),
      ...(other === undefined
        ? {}
        : { toBeside: tangoInterval(compareAnswers(truth, other.answers, mine).pairs, 0.9) }),
      ...(said === undefined ? {} : { said }),
      sizeBytes,
      one: speed(one.ratios, version),
      eight: speed(eight.ratios, version),
      accuracy: accuracyOf(mine),
      difference: tangoInterval(compareAnswers(truth, reference, mine).pairs, 0.9),
      error: relativeError(distances(reference, mine)),
      minutes,
    };
  });
  const page = compressPage({
    command: `npm run bench -- compress ${process.argv.slice(process.argv.indexOf('compress') + 1).join(' ')}`.trim(),
    machine,
    date: new Date().toISOString().slice(0, 10),
    texts: shop.test.length,
    original: { sizeBytes: shop.original.sizeBytes, accuracy: accuracyOf(reference) },
    seen,
    left,
    caveats: [
      'Versions of one shape share a timing: weights differ, the work does not.',
      ...new Set([one.caveat, eight.caveat].flatMap((text) => text ?? [])),
    ],
  });
  await writeFile(out, page);
  console.log(`${page}\nwritten to ${out}`);
};
