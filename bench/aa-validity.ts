// Are identical models told apart more often than chance allows? In simulation, and on real sessions.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defaultSessionOptions, parseOptions } from '../src/contracts/index.ts';
import type { Context, Feeds, Measurement, Random, Session, Subject } from '../src/contracts/index.ts';
import { encode } from '../src/model/onnx/index.ts';
import { parseText } from '../src/model/graph/index.ts';
import { seeded } from '../src/statistics/index.ts';
import { latency } from '../src/weigh/load/latency.ts';
import { speedWords } from '../src/weigh/load/words.ts';
import { benchContext, benchSubject, benchTrial } from './latency.ts';
import { flag } from './workshop.ts';

/** A machine with its own clock: rounds are noisy, neighbors come in bursts, the speed drifts, and every process is a little
 *  faster or slower than its twin for as long as it lives. */
const simulatedMachine = (random: Random, processSd: number) => {
  let clock = 0;
  let drift = 0;
  let burst = false;
  const call = (ms: number): number => {
    drift = 0.999 * drift + 0.004 * random.normal();
    if (random.next() < (burst ? 0.1 : 0.01)) burst = !burst;
    const slow = burst ? 1.3 + 0.5 * random.next() : 1;
    const taken = ms * slow * Math.exp(drift + 0.03 * Math.abs(random.normal()));
    clock += taken;
    return taken;
  };
  const open = (ms: number): Session => {
    const own = ms * Math.exp(processSd * random.normal());
    let calls = 0;
    const usage = { rssBytes: 0, peakRssBytes: 0, cpuMs: 0, involuntaryContextSwitches: 0 };
    return {
      inputs: [],
      outputs: [],
      startMs: 0,
      loadMs: 0,
      run: async () => {
        // The first calls are slower: caches and lazy work.
        const durationMs = call(own * (1 + 2 * Math.exp(-calls++ / 4)));
        return { outputs: {}, durationMs, cpuMs: durationMs };
      },
      read: async () => ({}),
      usage: async () => usage,
      close: async () => undefined,
    };
  };
  return { now: () => clock, open };
};

interface Claim {
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  readonly reliable: boolean;
}

const claimOf = (measurements: readonly Measurement[]): Claim => {
  const { versus, caveat } = measurements.find(({ metric }) => metric === 'latency-p50')!;
  return {
    ratio: versus!.value,
    low: versus!.low,
    high: versus!.high,
    reliable: caveat?.startsWith('unreliable') !== true,
  };
};

const compare = async (
  baseline: Subject,
  candidate: Subject,
  context: Context,
  batches: readonly Feeds[],
  options: Readonly<Record<string, unknown>>,
): Promise<Claim> => {
  const outcomes = await latency.evaluate(
    benchTrial(baseline, [candidate], batches),
    parseOptions(latency.id, latency.options, options),
    context,
  );
  const outcome = outcomes.get(candidate.id)!;
  if (outcome.kind === 'failed') throw new Error(outcome.message);
  return claimOf(outcome.measurements);
};

/** Pairs on the simulated machine; `ratio` is the candidate's true speed. */
export const simulatePairs = async (
  pairs: number,
  ratio: number,
  processSd: number,
  seed = 1,
): Promise<readonly Claim[]> => {
  const claims: Claim[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const machine = simulatedMachine(seeded(seed + pair, 'machine'), processSd);
    const subject = (id: string, ms: number): Subject => ({
      id,
      digest: id,
      sessionOptions: defaultSessionOptions,
      files: [],
      open: async () => machine.open(ms),
    });
    const context: Context = { ...benchContext(seed + pair), now: machine.now };
    claims.push(
      await compare(subject('baseline', 6), subject('candidate', 6 * ratio), context, [{}], { maxRounds: 120 }),
    );
  }
  return claims;
};

const differs = (claim: Claim): boolean => ['faster', 'slower'].includes(speedWords(claim));
const excludesOne = ({ low, high }: Claim): boolean => low > 1 || high < 1;

const summary = (claims: readonly Claim[], truth: number): string => {
  const share = (is: (one: Claim) => boolean): string => {
    const count = claims.filter(is).length;
    return `${count} of ${claims.length} (${((100 * count) / claims.length).toFixed(1)} %)`;
  };
  const errors = claims.map(({ ratio }) => Math.abs(ratio / truth - 1)).sort((a, b) => a - b);
  const widths = claims.map(({ low, high }) => high - low).sort((a, b) => a - b);
  const at = (values: readonly number[], p: number): string =>
    `${(100 * values[Math.floor(p * (values.length - 1))]!).toFixed(2)} %`;
  return [
    `  "faster" or "slower" claimed in a reliable session: ${share((one) => differs(one) && one.reliable)}; in any: ${share(differs)}; interval excludes 1: ${share(excludesOne)}`,
    `  truth inside the interval: ${share(({ low, high }) => low <= truth && truth <= high)}; sessions marked unreliable: ${share((one) => !one.reliable)}`,
    `  error of the ratio: median ${at(errors, 0.5)}, 95th percentile ${at(errors, 0.95)}; width of the interval: median ${at(widths, 0.5)}`,
  ].join('\n');
};

/** A model of some 0.2 ms: 24 products of 64 × 64. */
const tinyModel = (): string => {
  const weights = Array.from({ length: 64 * 64 }, (_, i) => Math.sin(i).toFixed(3)).join(', ');
  const lines = ['x: float32[N, 64]', `w = float32[64, 64] {${weights}}`];
  for (let layer = 0; layer < 24; layer++)
    lines.push(`h${layer} = MatMul(${layer === 0 ? 'x' : `r${layer - 1}`}, w); r${layer} = Tanh(h${layer})`);
  return [...lines, '-> r23: float32[N, 64]'].join('\n');
};

/** Real sessions of one tiny model against itself. */
export const realSessions = async (
  sessions: number,
  options: Readonly<Record<string, unknown>> = {},
): Promise<readonly Claim[]> => {
  const folder = await mkdtemp(join(tmpdir(), 'steelyard-aa-'));
  try {
    const path = join(folder, 'tiny.onnx');
    await writeFile(path, await encode(parseText(tinyModel())));
    const random = seeded(5, 'rows');
    const batches = Array.from({ length: 16 }, (): Feeds => {
      const data = Float32Array.from({ length: 16 * 64 }, () => random.normal());
      return { x: { dtype: 'float32', dims: [16, 64], data } };
    });
    const claims: Claim[] = [];
    for (let session = 0; session < sessions; session++) {
      const [one, other] = await Promise.all(['baseline', 'same'].map((id) => benchSubject(id, { path })));
      claims.push(await compare(one!, other!, benchContext(session + 1), batches, options));
    }
    return claims;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** 200 simulated pairs of identical models, 200 of which one is 5 % slower, which must be found, and real sessions of identical models:
 *  `--sessions` (default 20), each of at most `--seconds` (default: as `tune` measures, some 45 on a quiet machine). */
export const run = async (): Promise<void> => {
  const sessions = Number(flag('sessions') ?? 20);
  const seconds = flag('seconds');
  console.log('A/A validity of load/latency (predicted: "different" in at most 5 %)');
  for (const processSd of [0, 0.01]) {
    console.log(`200 simulated pairs of identical models, drift and bursts, processes differ by ${100 * processSd} %:`);
    console.log(summary(await simulatePairs(200, 1, processSd), 1));
  }
  for (const processSd of [0, 0.01]) {
    console.log(
      `200 simulated pairs, candidate 5 % slower, processes differ by ${100 * processSd} % (predicted: the interval excludes 1 in at least 90 %):`,
    );
    console.log(summary(await simulatePairs(200, 1.05, processSd), 1.05));
  }
  const limit = seconds === null ? {} : { maxSeconds: Number(seconds) };
  console.log(
    `${sessions} real sessions of one tiny model against itself${seconds === null ? '' : `, of at most ${seconds} s each`}:`,
  );
  console.log(summary(await realSessions(sessions, limit), 1));
};

if (import.meta.url === pathToFileURL(resolve(process.argv[1] ?? '')).href) await run();
