// Compression of the CLINC150 classifier end to end: trimmed vocabulary, a distilled student, 8-bit numbers, each alone and together.
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChainStep, Predictions } from '../src/contracts/index.ts';
import { applyChain, type Begun } from '../src/engine/build/chain.ts';
import { encodeFile } from '../src/model/onnx/index.ts';
import { techniques } from '../src/optimize/index.ts';
import { readMachine, runtimeVersion } from '../src/runtime/index.ts';
import { tangoInterval } from '../src/statistics/index.ts';
import { compareAnswers, truthOf } from './answers.ts';
import { plot } from './plot.ts';
import { inverse, megabytes, percent, table, times, type Ratio } from './table.ts';
import { answersOf, flag, openWorkshop, race, type Version } from './workshop.ts';

interface Candidate {
  readonly id: string;
  readonly steps: readonly ChainStep[];
}

const step = (technique: string, options: Readonly<Record<string, unknown>> = {}): ChainStep => ({
  technique,
  options,
});

/** What a run may take in all, and how much of it one student may. */
const wholeMinutes = 20;
const studentMinutes = 14;

/** Half the layers of half the width with a narrow inner part: texts are short, and so is the table of positions. */
const usualStudent = { layers: 2, width: 128, ffn: 256, positions: 64 };

/** A version at most this share below the original's accuracy is as good: 98 % of it stay. */
const keptShare = 0.98;
const wantedSpeed = 6;
const wantedSize = 20;

const trim = step('trim/vocabulary');
/** The last layer runs for the token that is read alone. */
const oneToken = step('fuse/upstream-gather');
const int8 = [step('quantize/dynamic'), step('quantize/embedding')];

const candidatesFor = (student: ChainStep): Candidate[] => [
  { id: 'int8', steps: int8 },
  { id: 'one token', steps: [oneToken] },
  { id: 'one token × int8', steps: [oneToken, ...int8] },
  { id: 'trim', steps: [trim] },
  { id: 'trim × int8', steps: [trim, ...int8] },
  { id: 'trim × student', steps: [trim, student] },
  { id: 'trim × student × int8', steps: [trim, student, ...int8] },
  { id: 'trim × student × one token × int8', steps: [trim, student, oneToken, ...int8] },
  { id: 'layers', steps: [step('prune/layers')] },
  { id: 'layers × recover', steps: [step('prune/layers'), step('distill/recover')] },
  { id: 'structured', steps: [step('prune/structured')] },
  { id: 'structured × recover', steps: [step('prune/structured'), step('distill/recover')] },
  { id: 'low rank', steps: [step('factorize/low-rank')] },
];

interface Made extends Version {
  readonly minutes: number;
  readonly said: readonly string[];
}

export const run = async (): Promise<void> => {
  const quick = flag('quick') !== null;
  const minutes = Number(flag('minutes') ?? (quick ? 1 : studentMinutes));
  const asked = JSON.parse(flag('student') ?? '{}') as Readonly<Record<string, unknown>>;
  const only = flag('only')?.split(',') ?? null;
  const folder = await mkdtemp(join(tmpdir(), 'steelyard-distill-'));
  try {
    const shop = await openWorkshop({ folder, quick });
    if (shop === null) return;
    const { test, encode } = shop;
    console.log(`${(await readMachine()).cpu}, ONNX Runtime ${await runtimeVersion()}`);
    console.log(
      `${shop.train.length} rows to learn from, ${shop.validation.length} to stop by, ${test.length} to test with; at most ${minutes} minutes for a student`,
    );
    const context = shop.context(1);
    const versions: Made[] = [{ ...shop.original, minutes: 0, said: [] }];
    const known = new Set(techniques.map(({ id }) => id));
    const candidates = candidatesFor(step('distill/student', { minutes, ...usualStudent, ...asked })).filter(
      ({ id }) => only === null || only.includes(id),
    );
    const began = performance.now();
    /** Whole chains that others begin with are made once; their minutes count for both. */
    const made = new Map<string, { readonly begun: Begun; readonly minutes: number }>();
    const beginning = (steps: readonly ChainStep[]) =>
      steps.map((_, at) => made.get(JSON.stringify(steps.slice(0, at)))).findLast((one) => one !== undefined);
    for (const { id, steps } of candidates) {
      const missing = steps.find(({ technique }) => !known.has(technique));
      if (missing !== undefined) {
        console.log(`${id}: skipped, there is no ${missing.technique}`);
        continue;
      }
      const start = performance.now();
      const before = beginning(steps);
      const result = await applyChain(shop.model, { id, steps, session: {} }, context, encode, before?.begun);
      if (result.kind === 'refused') {
        console.log(`${id}: ${result.technique} refused: ${result.refusal.reason}`);
        continue;
      }
      const path = join(folder, `version-${versions.length}.onnx`);
      await encodeFile(result.model, path);
      const took = (performance.now() - start) / 60_000 + (before?.minutes ?? 0);
      made.set(JSON.stringify(steps), { begun: result, minutes: took });
      versions.push({
        id,
        path,
        sizeBytes: (await stat(path)).size,
        task: (await encode(result.companions)).task,
        config: result.config,
        minutes: took,
        said: result.steps.flatMap(({ technique, changes }) =>
          technique.startsWith('distill/') ? changes.map(({ what }) => `${technique}: ${what}`) : [],
        ),
      });
      process.stderr.write(`  made ${id} in ${took.toFixed(1)} min\n`);
    }
    console.log(
      `all versions made in ${((performance.now() - began) / 60_000).toFixed(1)} min (the aim: ${wholeMinutes})\n`,
    );
    for (const { id, said } of versions) for (const line of said) console.log(`${id}: ${line}`);

    const truth = truthOf(shop.original.task, test);
    const answers = new Map<string, Predictions>();
    for (const version of versions) answers.set(version.id, await answersOf(version, test));
    const reference = answers.get('original')!;
    const timing = quick
      ? { maxSeconds: 5, minRounds: 10, maxRounds: 40, laps: 1 }
      : { maxSeconds: 60, minRounds: 60, maxRounds: 300, laps: 3 };
    const speeds = {
      one: (await race(versions, test, 1, timing)).ratios,
      eight: (await race(versions, test, 8, timing)).ratios,
    };
    const rows = versions.map(({ id, sizeBytes, minutes: took }) => {
      const { accuracy, pairs } = compareAnswers(truth, reference, answers.get(id)!);
      const original = compareAnswers(truth, reference, reference).accuracy;
      const { low } = tangoInterval(pairs, 0.9);
      const fasterBy = (ratio: Ratio | undefined): Ratio | null => (ratio === undefined ? null : inverse(ratio));
      const [one, eight] = [fasterBy(speeds.one.get(id)), fasterBy(speeds.eight.get(id))];
      const smaller = shop.original.sizeBytes / sizeBytes;
      const kept = low > -(1 - keptShare) * original;
      return { id, sizeBytes, took, accuracy, share: accuracy / original, low, kept, smaller, one, eight };
    });
    console.log(
      `\n${table(
        ['', 'version', 'file', 'smaller', 'batch 1', 'batch 8', 'accuracy', 'of the original', '98 % kept', 'minutes'],
        rows.map(({ id, sizeBytes, took, accuracy, share, kept, smaller, one, eight }, at) => [
          String.fromCodePoint(65 + at),
          id,
          megabytes(sizeBytes),
          `${smaller.toFixed(1)}×`,
          one === null ? '' : times(one),
          eight === null ? '' : times(eight),
          percent(accuracy),
          percent(share),
          kept ? 'proven' : 'not proven',
          took.toFixed(1),
        ]),
      )}`,
    );
    console.log(
      '\nspeeds: times as fast as the original, one thread; 98 % kept: lower end of the paired 90 % interval (Tango), one-sided 95 %\n',
    );
    console.log(
      plot(
        rows.map(({ accuracy, eight }, at) => ({
          letter: String.fromCodePoint(65 + at),
          speed: eight?.value ?? 1,
          accuracy,
        })),
      ),
    );
    const best = rows.find(
      ({ kept, smaller, eight }) => kept && smaller >= wantedSize && (eight?.low ?? 0) >= wantedSpeed,
    );
    console.log(
      best === undefined
        ? `\nno version is ${wantedSpeed}× as fast at batch 8, ${wantedSize}× smaller and proven to keep ${percent(keptShare, 0)}`
        : `\n${best.id} is ${wantedSpeed}× as fast at batch 8, ${wantedSize}× smaller, and keeps ${percent(keptShare, 0)}`,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
