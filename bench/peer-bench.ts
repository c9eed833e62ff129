// Runs one comparison against a peer's tool: the same model, the same data, the same ONNX Runtime, all in one go.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChainStep, Predictions } from '../src/contracts/index.ts';
import { encodeFile } from '../src/model/onnx/index.ts';
import { encoderModel, initialWeights } from '../src/optimize/training/index.ts';
import { readMachine, runtimeVersion } from '../src/runtime/index.ts';
import { median, seeded } from '../src/statistics/index.ts';
import { ask, compareAnswers, distances, errorRatio, relativeError, truthOf } from './answers.ts';
import { openClinc, storedBatch, writeBatches, type Clinc } from './clinc.ts';
import type { Variant } from './latency.ts';
import { timePaired, type PairedTimings } from './paired.ts';
import { findPeer, produceOurs, producePeer, type Job, type Outcome, type Peer, type Took } from './producers.ts';
import { inverse, megabytes, percent, seconds, table, times } from './table.ts';
import { accuracyFinding, costFinding, errorFinding, points, speedFinding, verdict, type Finding } from './verdict.ts';

/** A version made by one of the scripts in peers/. */
export interface PeerRow {
  readonly id: string;
  readonly script: 'dynamic' | 'static' | 'blocks';
  readonly options: Readonly<Record<string, unknown>>;
  /** Calibration batches all of one length: the tool's histograms cannot take batches of different lengths. */
  readonly equalLengths?: boolean;
  /** Made of the large model, too. */
  readonly large?: boolean;
  /** So slow to produce that once is enough. */
  readonly once?: boolean;
}

/** A version made by a chain of our techniques. */
export interface OurRow {
  readonly id: string;
  readonly steps: readonly ChainStep[];
  readonly large?: boolean;
  readonly once?: boolean;
  /** Made without calibration data. */
  readonly blind?: boolean;
}

export interface Pair {
  readonly ours: string;
  readonly peer: string;
  readonly predicted: string;
}

export interface Comparison {
  readonly title: string;
  readonly peers: readonly PeerRow[];
  readonly ours: readonly OurRow[];
  readonly pairs: readonly Pair[];
  /** More to say about what was made. */
  readonly notes?: (made: ReadonlyMap<string, Version>) => Promise<readonly string[]>;
}

/** One version with all that was learned of it; what failed says so. */
export interface Version {
  readonly id: string;
  readonly variant: Variant;
  readonly sizeBytes: number;
  readonly took: Took;
  readonly answers: Predictions | null;
}

interface Effort {
  readonly quick: boolean;
  /** Nothing is asked of the versions, nor are they timed. */
  readonly productionOnly: boolean;
  readonly repeats: number;
  readonly texts: number;
  readonly timing: Readonly<Record<string, unknown>>;
  readonly maxSeconds: number;
  readonly largeLayers: number;
  readonly largeMaxSeconds: number;
}

const whole: Effort = {
  quick: false,
  productionOnly: false,
  repeats: 3,
  texts: 4500,
  timing: { maxSeconds: 20, minRounds: 30, maxRounds: 200, laps: 2 },
  maxSeconds: 240,
  largeLayers: 12,
  largeMaxSeconds: 180,
};
const quick: Effort = {
  quick: true,
  productionOnly: false,
  repeats: 1,
  texts: 300,
  timing: { maxSeconds: 2, minRounds: 6, maxRounds: 20, laps: 1 },
  maxSeconds: 120,
  largeLayers: 1,
  largeMaxSeconds: 60,
};

const shapes = [
  { rows: 1, tokens: 16 },
  { rows: 1, tokens: 128 },
  { rows: 8, tokens: 16 },
  { rows: 8, tokens: 128 },
] as const;
const shapeName = ({ rows, tokens }: (typeof shapes)[number]): string => `${rows} × ${tokens}`;

const float32 = 'float32';
const say = (text: string): void => void process.stderr.write(`${text}\n`);

interface Made {
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly took: ReadonlyMap<string, Took>;
}

type Row = ({ readonly side: 'peer' } & PeerRow) | ({ readonly side: 'ours' } & OurRow);

const rowsOf = ({ peers, ours }: Comparison): Row[] => [
  ...peers.map((row): Row => ({ side: 'peer', ...row })),
  ...ours.map((row): Row => ({ side: 'ours', ...row })),
];

/** Make every row `repeats` times in changing order; the median time and the highest peak count. */
const makeAll = async (
  rows: readonly Row[],
  model: string,
  folder: string,
  batches: { readonly varying: string; readonly equal: string },
  peer: Peer,
  { repeats, maxSeconds }: { readonly repeats: number; readonly maxSeconds: number },
): Promise<Made> => {
  const outcomes = new Map<string, Outcome>();
  const all = new Map<string, Took[]>();
  const random = seeded(1, 'order');
  for (let repeat = 0; repeat < repeats; repeat++)
    for (const { row, at } of random.shuffle(rows.map((one, index) => ({ row: one, at: index })))) {
      if (outcomes.get(row.id)?.kind === 'failed' || (repeat > 0 && row.once === true)) continue;
      const data = row.side === 'peer' && row.equalLengths === true ? batches.equal : batches.varying;
      const job: Job = {
        model,
        folder: join(folder, `version-${at}`),
        batches: row.side === 'ours' && row.blind === true ? null : data,
      };
      const outcome =
        row.side === 'ours'
          ? await produceOurs(row.steps, job, { maxSeconds })
          : await producePeer(peer.python, row.script, row.options, job, { maxSeconds });
      outcomes.set(row.id, outcome);
      if (outcome.kind === 'made') all.set(row.id, [...(all.get(row.id) ?? []), outcome.took]);
      say(`  made ${row.id}: ${outcome.kind === 'made' ? seconds(outcome.took.seconds) : outcome.reason}`);
    }
  const middle = (many: readonly Took[], read: (took: Took) => number): number => median(many.map(read));
  const highest = (many: readonly Took[]): number | null => {
    const known = many.map(({ peakBytes }) => peakBytes).filter((bytes) => bytes !== null);
    return known.length === 0 ? null : Math.max(...known);
  };
  const took = new Map(
    [...all].map(([id, many]): [string, Took] => [
      id,
      {
        ...many[0]!,
        seconds: middle(many, (one) => one.seconds),
        cpuSeconds: middle(many, (one) => one.cpuSeconds),
        startSeconds: middle(many, (one) => one.startSeconds),
        peakBytes: highest(many),
      },
    ]),
  );
  return { outcomes, took };
};

const memory = (bytes: number | null): string => (bytes === null ? 'not told here' : megabytes(bytes));
const effortCells = ({ seconds: work, cpuSeconds, startSeconds, startPeakBytes, peakBytes }: Took): string[] => [
  seconds(work),
  seconds(cpuSeconds),
  `${seconds(startSeconds)}, ${memory(startPeakBytes)}`,
  memory(peakBytes),
];
const effortHead = ['to produce', 'of CPU', 'to start', 'peak memory'];

const effortFindings = (ours: Took, peer: Took): Finding[] => [
  costFinding('time to produce', ours.seconds, peer.seconds, 1 / 3),
  ...(ours.peakBytes === null || peer.peakBytes === null
    ? []
    : [costFinding('peak memory', ours.peakBytes, peer.peakBytes, 1 / 5)]),
];
const effortRatioHead = ['to produce', 'starting included', 'memory'];
const effortRatios = (ours: Took, peer: Took): string[] => [
  `${(peer.seconds / ours.seconds).toFixed(1)}× as fast`,
  `${((peer.startSeconds + peer.seconds) / (ours.startSeconds + ours.seconds)).toFixed(1)}×`,
  ours.peakBytes === null || peer.peakBytes === null ? '' : `${(ours.peakBytes / peer.peakBytes).toFixed(2)}×`,
];

/** What making the versions took, and ours against the peer's. */
const printEffort = (
  comparison: Comparison,
  rows: readonly Row[],
  outcomes: ReadonlyMap<string, Outcome>,
  took: ReadonlyMap<string, Took>,
  title: string,
): void => {
  console.log(`\n${title}\n`);
  console.log(
    table(
      ['version', 'file', ...effortHead],
      rows.map(({ id }) => {
        const outcome = outcomes.get(id)!;
        if (outcome.kind === 'failed') return [id, `none: ${outcome.reason}`];
        return [id, megabytes(outcome.sizeBytes), ...effortCells(took.get(id)!)];
      }),
    ),
  );
  const pairs = comparison.pairs.filter((pair) => took.has(pair.ours) && took.has(pair.peer));
  const found = pairs.map(({ ours, peer: other }) => ({
    name: `${ours} / ${other}`,
    cells: effortRatios(took.get(ours)!, took.get(other)!),
    findings: effortFindings(took.get(ours)!, took.get(other)!),
  }));
  console.log(
    `\n${table(
      ['ours / peer', ...effortRatioHead],
      found.map(({ name, cells }) => [name, ...cells]),
    )}\n`,
  );
  for (const { name, findings } of found) console.log(`- ${name}: the aim ${verdict(findings)}`);
};

/** Answers of all versions, as many at a time as there are cores: nothing is timed here. */
const askAll = async (
  variants: ReadonlyMap<string, Variant>,
  { task, test }: Clinc,
  cores: number,
): Promise<{ readonly answers: Map<string, Predictions>; readonly failed: Map<string, string> }> => {
  const answers = new Map<string, Predictions>();
  const failed = new Map<string, string>();
  const waiting = [...variants];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [id, variant] = next;
      try {
        answers.set(id, await ask(variant, task, test));
      } catch (error) {
        failed.set(id, error instanceof Error ? error.message : String(error));
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(4, cores)) }, work));
  return { answers, failed };
};

/** Tables of the real model. */
const small = async (
  comparison: Comparison,
  clinc: Clinc,
  folder: string,
  peer: Peer,
  effort: Effort,
  cores: number,
): Promise<void> => {
  const batches = { varying: join(folder, 'varying.json'), equal: join(folder, 'equal.json') };
  await writeBatches(clinc.task, clinc.calibration, batches);
  const rows = rowsOf(comparison);
  const { outcomes, took } = await makeAll(rows, clinc.path, folder, batches, peer, effort);
  if (effort.productionOnly) return printEffort(comparison, rows, outcomes, took, 'clinc150-bert: time and memory');
  const variants = new Map<string, Variant>([[float32, { path: clinc.path }]]);
  const reasons = new Map<string, string>();
  for (const [id, outcome] of outcomes)
    if (outcome.kind === 'failed') reasons.set(id, outcome.reason);
    else variants.set(id, { path: outcome.path, session: { config: outcome.took.config ?? {} } });
  const test = clinc.test.slice(0, effort.texts);
  say(`  asking ${variants.size} versions for ${test.length} texts`);
  const { answers, failed } = await askAll(variants, { ...clinc, test }, cores);
  for (const [id, reason] of failed) {
    reasons.set(id, `it does not run: ${reason}`);
    variants.delete(id);
  }
  const reference = answers.get(float32);
  if (reference === undefined) throw new Error(`float32 itself failed: ${failed.get(float32)}`);
  const timings: PairedTimings[] = [];
  for (const shape of shapes) {
    say(`  timing ${variants.size} versions at ${shapeName(shape)}`);
    const timed = await timePaired(
      Object.fromEntries(variants),
      [clinc.batch(shape.rows, shape.tokens)],
      effort.timing,
    );
    timings.push(timed);
    for (const [id, reason] of timed.failed) say(`  ${id} at ${shapeName(shape)}: ${reason}`);
  }
  const truth = truthOf(clinc.task, test);
  const apart = new Map([...answers].map(([id, one]) => [id, distances(reference, one)]));
  const sizes = new Map([...outcomes].map(([id, one]) => [id, one.kind === 'made' ? one.sizeBytes : Number.NaN]));
  const versions = new Map<string, Version>();
  for (const [id, variant] of variants)
    if (id !== float32)
      versions.set(id, { id, variant, sizeBytes: sizes.get(id)!, took: took.get(id)!, answers: answers.get(id)! });

  const base = compareAnswers(truth, reference, reference);
  console.log(
    `float32: accuracy ${base.accuracy.toFixed(3)} on ${test.length} texts; ${shapes
      .map((shape, at) => `${timings[at]!.ms(float32)!.toFixed(2)} ms at ${shapeName(shape)}`)
      .join(', ')} (batch × tokens, one thread)\n`,
  );
  console.log(
    table(
      ['version', 'file', 'error', 'accuracy', 'lost/won', 'flips', ...shapes.map(shapeName), ...effortHead],
      rows.map(({ id }) => {
        const version = versions.get(id);
        if (version === undefined) return [id, 'none'];
        const { accuracy, flips, pairs } = compareAnswers(truth, reference, version.answers!);
        const speeds = timings.map((timed) => {
          const ratio = timed.ratio(id, float32);
          return ratio === null ? 'failed' : times(inverse(ratio));
        });
        const error = relativeError(apart.get(id)!).toPrecision(3);
        const quality = [error, accuracy.toFixed(3), `${pairs.b}/${pairs.c}`, percent(flips)];
        return [id, megabytes(version.sizeBytes), ...quality, ...speeds, ...effortCells(version.took)];
      }),
    ),
  );
  console.log(
    `\nerror: distance of the logits from float32, relative; lost/won: right answers against float32; speeds: times as fast as float32, paired, ${timings
      .map(({ rounds }) => rounds)
      .join('/')} rounds.`,
  );
  for (const { id } of rows) if (!versions.has(id)) console.log(`${id} made nothing: ${reasons.get(id)}`);
  for (const [at, { caveat }] of timings.entries())
    if (caveat !== null) console.log(`at ${shapeName(shapes[at]!)}: ${caveat}`);
  console.log('\nOurs against the peer (speeds: times as fast as the peer; others: ours over theirs)\n');
  const lines: string[] = [];
  const cells = comparison.pairs.map((pair) => {
    const name = `${pair.ours} / ${pair.peer}`;
    const [mine, theirs] = [versions.get(pair.ours), versions.get(pair.peer)];
    if (mine === undefined || theirs === undefined) {
      const [side, absent] = mine === undefined ? ['ours', pair.ours] : ['the peer', pair.peer];
      lines.push(`${name}: nothing to compare, ${side} made no version (${reasons.get(absent)})`);
      return [name, 'not compared'];
    }
    const ratios = timings.map((timed) => timed.ratio(pair.ours, pair.peer));
    const error = errorRatio(apart.get(pair.ours)!, apart.get(pair.peer)!);
    const { pairs: counts } = compareAnswers(truth, theirs.answers!, mine.answers!);
    const findings = [
      ...ratios.flatMap((ratio, at) => (ratio === null ? [] : [speedFinding(shapeName(shapes[at]!), ratio)])),
      errorFinding(error),
      accuracyFinding(counts),
      costFinding('file', mine.sizeBytes, theirs.sizeBytes, 1),
      ...effortFindings(mine.took, theirs.took),
    ];
    lines.push(`${name}: predicted ${pair.predicted}; the aim ${verdict(findings)}`);
    return [
      name,
      ...ratios.map((ratio) => (ratio === null ? 'failed' : times(inverse(ratio)))),
      times(error),
      points(counts),
      `${(mine.sizeBytes / theirs.sizeBytes).toFixed(2)}×`,
      ...effortRatios(mine.took, theirs.took),
    ];
  });
  const head = ['ours / peer', ...shapes.map(shapeName), 'error', 'accuracy', 'file', ...effortRatioHead];
  console.log(`${table(head, cells)}\n`);
  for (const line of lines) console.log(`- ${line}`);
  for (const note of (await comparison.notes?.(versions)) ?? []) console.log(`\n${note}`);
};

const baseShape = { width: 768, heads: 12, ffn: 3072, vocabulary: 30_522, positions: 512, labels: 2 };

/** Time and memory on a model of real size; the weights are random, so nothing is asked of it. */
const large = async (comparison: Comparison, folder: string, peer: Peer, effort: Effort): Promise<void> => {
  const rows = rowsOf(comparison).filter((row) => row.large === true);
  if (rows.length === 0) return;
  const architecture = { ...baseShape, layers: effort.largeLayers };
  const model = join(folder, 'large.onnx');
  const { files } = await encodeFile(
    encoderModel(architecture, initialWeights(architecture, seeded(1, 'bert'))),
    model,
  );
  const bytes = files.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
  const batches = join(folder, 'large.json');
  const random = seeded(1, 'large');
  const ids = (make: () => number) => ({
    dtype: 'int64' as const,
    dims: [4, 32],
    data: BigInt64Array.from({ length: 4 * 32 }, () => BigInt(make())),
  });
  const batch = () =>
    storedBatch({
      input_ids: ids(() => random.integer(architecture.vocabulary)),
      attention_mask: ids(() => 1),
      token_type_ids: ids(() => 0),
    });
  await writeFile(batches, JSON.stringify(Array.from({ length: 8 }, batch)));
  const { outcomes, took } = await makeAll(rows, model, folder, { varying: batches, equal: batches }, peer, {
    repeats: 1,
    maxSeconds: effort.largeMaxSeconds,
  });
  const title = `A BERT-base-shaped model (${effort.largeLayers} layers, random weights, ${megabytes(bytes)}): time and memory`;
  printEffort(comparison, rows, outcomes, took, title);
};

/** Run a comparison and print it as Markdown; progress goes to stderr. Skips with a reason when peer or data are not there.
 *  `--quick` on the command line checks that everything works: few texts, few rounds, one layer; `--production` measures what making the
 *  versions takes, and nothing of the versions. */
export const comparePeers = async (comparison: Comparison): Promise<void> => {
  const effort = {
    ...(process.argv.includes('--quick') ? quick : whole),
    productionOnly: process.argv.includes('--production'),
  };
  const peer = await findPeer();
  if ('missing' in peer) return console.log(`skipped: ${peer.missing}`);
  const clinc = await openClinc();
  if (clinc === null)
    return console.log('skipped: ../shared/models/clinc150-bert or ../shared/data/clinc150 is not there');
  const machine = await readMachine();
  const folder = await mkdtemp(join(tmpdir(), 'steelyard-peers-'));
  try {
    const { python, onnxruntime, onnx } = peer.versions;
    const same =
      onnxruntime === runtimeVersion() ? 'the same on both sides' : `the peer makes its files with ${onnxruntime}`;
    console.log(`${comparison.title}\n`);
    console.log(
      `ONNX Runtime ${runtimeVersion()} runs everything (${same}); Node ${machine.node}, Python ${python}, onnx ${onnx}; ` +
        `${machine.cpu}, ${machine.cores} cores, ${machine.instructionSets.filter((set) => /avx|amx|dotprod|asimddp|i8mm/.test(set)).join(' ')}` +
        `${effort.quick ? '; a quick check, its numbers are worth nothing' : ''}\n`,
    );
    await small(comparison, clinc, folder, peer, effort, machine.cores);
    await large(comparison, folder, peer, effort);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
