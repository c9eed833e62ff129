import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { defaultSessionOptions } from '../src/contracts/index.ts';
import type { Descent, Feeds, Model, Node, Tensor, TrainingSession, Value } from '../src/contracts/index.ts';
import { createContext } from '../src/engine/run/context.ts';
import { readTensorSync, tensor, toFloat32 } from '../src/model/tensor/index.ts';
import { encodeFile } from '../src/model/onnx/index.ts';
import { padded } from '../src/optimize/training/batches.ts';
import { classifierObjective, encoderModel, initialWeights, trainingStep } from '../src/optimize/training/index.ts';
import type { Architecture } from '../src/optimize/training/index.ts';
import { descentOf, usualAdam } from '../src/optimize/training/optimizer.ts';
import type { Step as TrainingStep } from '../src/optimize/training/step.ts';
import { profileRun } from '../src/runtime/index.ts';
import { seeded } from '../src/statistics/index.ts';
import { table } from './table.ts';

/** Training throughput: whole optimizer steps of an encoder (forward, loss, gradients, clipping, AdamW) against nothing but the
 *  matrix products of the same shapes, as plain ONNX Runtime MatMuls, in alternating rounds. Both count the same operations:
 *  2·m·k·n for each product of the forward pass, and twice that for the way back. The step takes the first token before the last layer's
 *  products, so the products do too; torch computes the layer for every token. */

interface Product {
  readonly batch: number;
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

/** Products of the forward pass. `last`: positions that the last layer is computed for, beyond keys and values. */
const forward = (a: Architecture, batch: number, length: number, last: number): Product[] => {
  const rows = batch * length;
  const size = a.width / a.heads;
  const flat = (m: number, k: number, n: number): Product => ({ batch: 1, m, k, n });
  const layer = (places: number): Product[] => [
    ...Array.from({ length: 2 }, () => flat(rows, a.width, a.width)),
    ...Array.from({ length: 2 }, () => flat(batch * places, a.width, a.width)),
    { batch: batch * a.heads, m: places, k: size, n: length },
    { batch: batch * a.heads, m: places, k: length, n: size },
    flat(batch * places, a.width, a.ffn),
    flat(batch * places, a.ffn, a.width),
  ];
  const head = [flat(batch, a.width, a.width), flat(batch, a.width, a.labels)];
  const layers = Array.from({ length: a.layers }, (_, i) => layer(i === a.layers - 1 ? last : length));
  return [...layers.flat(), ...head];
};

/** A·B, and for the way back dY·Bᵀ and Aᵀ·dY. */
const withBackward = (products: readonly Product[]): Product[] =>
  products.flatMap(({ batch, m, k, n }) => [
    { batch, m, k, n },
    { batch, m, k: n, n: k },
    { batch, m: k, k: m, n },
  ]);

const gigaflopOf = (products: readonly Product[]): number =>
  products.reduce((sum, p) => sum + 2 * p.batch * p.m * p.k * p.n, 0) / 1e9;

/** A model that does these products and nothing else. Run it without graph optimization: it would fold them away. */
const productsOnly = (products: readonly Product[]): Model => {
  const initializers = new Map<string, Tensor>([['first', tensor('int64', [], BigInt64Array.of(0n))]]);
  const random = seeded(1, 'products');
  const operand = (dims: readonly number[]): string => {
    const name = dims.join('x');
    const count = dims.reduce((product, dim) => product * dim, 1);
    if (!initializers.has(name))
      initializers.set(
        name,
        tensor(
          'float32',
          dims,
          Float32Array.from({ length: count }, () => random.normal()),
        ),
      );
    return name;
  };
  const nodes: Node[] = [];
  const rows = products.map(({ batch, m, k, n }, i) => {
    const lead = batch === 1 ? [] : [batch];
    const inputs = [operand([...lead, m, k]), operand([...lead, k, n])];
    nodes.push({ name: `p${i}`, op: 'MatMul', domain: '', inputs, outputs: [`p${i}`], attributes: {} });
    nodes.push({
      name: `r${i}`,
      op: 'Gather',
      domain: '',
      inputs: [`p${i}`, 'first'],
      outputs: [`r${i}`],
      attributes: {},
    });
    return { name: `r${i}`, type: { kind: 'tensor', dtype: 'float32', dims: null } } as const;
  });
  return {
    irVersion: 8,
    producer: 'bench',
    graph: { name: 'products', inputs: [], outputs: rows, nodes, initializers, values: new Map() },
    opsets: new Map([['', 17]]),
    metadata: new Map(),
    functions: [],
  };
};

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

interface Step {
  readonly built: TrainingStep;
  readonly feeds: Feeds;
  readonly weights: Feeds;
}

const descent: Descent = descentOf(
  { ...usualAdam, weightDecay: 0.01 },
  { step: 1, rate: 1e-4, averaging: null, clip: 1, share: 1 },
  true,
);

/** One optimizer step on random tokens. */
const stepOf = (architecture: Architecture, batch: number, length: number): Step => {
  const weights = initialWeights(architecture, seeded(1, 'weights'));
  const objective = classifierObjective(encoderModel(architecture, weights), 'logits', architecture.labels, 0.1);
  const built = trainingStep(objective, weights);
  const random = seeded(1, 'tokens');
  const texts = Array.from({ length: batch }, () => ({
    ids: Array.from({ length }, () => random.integer(architecture.vocabulary)),
  }));
  const labels = BigInt64Array.from({ length: batch }, () => BigInt(random.integer(architecture.labels)));
  const feeds: Feeds = {
    ...padded(texts, 0),
    labels: { dtype: 'int64', dims: [batch], data: labels },
  };
  const values = built.weights.map(({ weight, dims }): [string, Value] => [
    weight,
    { dtype: 'float32', dims, data: toFloat32('float32', readTensorSync(weights.get(weight)!)) },
  ]);
  return { built, feeds, weights: Object.fromEntries(values) };
};

/** The weights stay in the session's process. `step` answers the wall time of a step, in ms. */
const trainer = async (
  open: (built: TrainingStep) => Promise<TrainingSession>,
  { built, feeds, weights }: Step,
): Promise<{ session: TrainingSession; step: () => Promise<number> }> => {
  const session = await open(built);
  await session.writeWeights(weights);
  return {
    session,
    // As whoever trains sees it: with the way to the session's process and back.
    step: async () => {
      const started = performance.now();
      await session.descend(feeds, descent, [built.loss]);
      return performance.now() - started;
    },
  };
};

/** Milliseconds of kernels in one step by operator, with each number of threads, from ONNX Runtime's profile. */
const printProfile = async (
  { built, feeds, weights }: Step,
  counts: readonly number[],
  folder: string,
): Promise<void> => {
  const path = join(folder, 'step.onnx');
  await encodeFile(built.model, path);
  const times = new Map<string, number[]>();
  for (const [at, threads] of counts.entries()) {
    const own = join(folder, `profile-${threads}`);
    await mkdir(own);
    const { events, runs } = await profileRun(path, {
      folder: own,
      session: { ...defaultSessionOptions, intraOpThreads: threads },
      feeds: [{ ...feeds, ...weights }],
      seconds: 5,
      large: false,
    });
    for (const { op, micros } of events) {
      const row = times.get(op) ?? counts.map(() => 0);
      row[at]! += micros / 1000 / runs;
      times.set(op, row);
    }
  }
  const product = /MatMul|Gemm/;
  const sum = (wanted: (op: string) => boolean): number[] =>
    counts.map((_, at) => [...times].reduce((total, [op, row]) => total + (wanted(op) ? row[at]! : 0), 0));
  const rows = [
    ['products', sum((op) => product.test(op))],
    ['all others', sum((op) => !product.test(op))],
    ...[...times].filter(([op]) => !product.test(op)).sort(([, a], [, b]) => b[0]! - a[0]!),
  ] as const;
  const heads = counts.map((threads) => `${threads} thread${threads === 1 ? '' : 's'}, ms`);
  console.log(
    table(
      ['operator', ...heads],
      rows.slice(0, 12).map(([op, row]) => [op, ...row.map((ms) => ms.toFixed(1))]),
    ),
  );
};

/** The same step in torch, in a process that waits between steps; null when there is no Python with torch. `cut`: written so that the last layer
 *  runs for the first token alone, as ours does by itself. */
const torchTrainer = async (
  architecture: Architecture,
  batch: number,
  length: number,
  threads: number,
  cut: boolean,
): Promise<{ version: string; step: () => Promise<number>; close: () => void } | null> => {
  const python = process.env['STEELYARD_PYTHON'];
  if (python === undefined) return null;
  const child = spawn(python, [resolve('bench/peers/step.py')], { stdio: ['pipe', 'pipe', 'pipe'] });
  let words = '';
  child.stderr.on('data', (text: Buffer) => (words += text.toString()));
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (line: object): Promise<Record<string, unknown> | null> => {
    child.stdin.write(`${JSON.stringify(line)}\n`);
    const { value, done } = await lines.next();
    return done === true ? null : (JSON.parse(value) as Record<string, unknown>);
  };
  const gone = new Promise<null>((done) => child.once('error', () => done(null)));
  const hello = await Promise.race([ask({ ...architecture, batch, length, threads, cut }), gone]);
  if (hello === null) {
    console.log(`torch is left out: ${words.trim().split('\n').at(-1) ?? `${python} does not start`}`);
    return null;
  }
  return {
    version: String(hello['torch']),
    step: async () => Number((await ask({}))!['ms']),
    close: () => child.kill(),
  };
};

const rounds = 15;

/** Prints GFLOP/s of both and their ratio, for the embedded example's shape and a larger one, with one thread and with all; and the time
 *  of the same step in torch, where STEELYARD_PYTHON has it, in the same rounds. `--profile` on the command line: where the time of the first
 *  goes instead, operator by operator. */
export const run = async (): Promise<void> => {
  const workFolder = await mkdtemp(join(tmpdir(), 'steelyard-bench-'));
  const context = createContext({ seed: 1, workFolder });
  const example = { layers: 4, width: 192, heads: 4, ffn: 768, vocabulary: 2500, positions: 96, labels: 24 };
  const larger = { layers: 4, width: 384, heads: 6, ffn: 1536, vocabulary: 2500, positions: 128, labels: 24 };
  const cases = [
    { what: 'support desk', architecture: example, batch: 32, length: 32 },
    { what: 'width 384', architecture: larger, batch: 32, length: 64 },
  ];
  const threadCounts = [...new Set([1, availableParallelism()])];
  if (process.argv.includes('--profile')) {
    const { architecture, batch, length } = cases[0]!;
    await printProfile(stepOf(architecture, batch, length), threadCounts, workFolder).finally(() =>
      rm(workFolder, { recursive: true, force: true }),
    );
    return;
  }
  if (process.env['STEELYARD_PYTHON'] === undefined)
    console.log('torch is left out: give a Python with torch in STEELYARD_PYTHON');
  try {
    for (const { what, architecture, batch, length } of cases)
      for (const threads of threadCounts) {
        // What a step computes, and what it would compute if every token of the last layer counted: torch does that.
        const products = withBackward(forward(architecture, batch, length, 1));
        const gigaflop = gigaflopOf(products);
        const whole = gigaflopOf(withBackward(forward(architecture, batch, length, length)));
        const { session, step } = await trainer(
          ({ model, weights }) =>
            context.openTraining(model, { weights, averages: false }, { intraOpThreads: threads }),
          stepOf(architecture, batch, length),
        );
        const alone = await context.open(productsOnly(products), {
          intraOpThreads: threads,
          graphOptimization: 'disabled',
          config: { 'session.disable_prepacking': '1' },
        });
        const torch = await torchTrainer(architecture, batch, length, threads, false);
        const torchCut = await torchTrainer(architecture, batch, length, threads, true);
        const multiply = async (): Promise<number> => (await alone.run({}, { fetch: ['r0'] })).durationMs;
        for (let warm = 0; warm < 3; warm++) {
          await multiply();
          await step();
          await torch?.step();
          await torchCut?.step();
        }
        const times: { ours: number; products: number; torch: number; torchCut: number }[] = [];
        // Who trains takes one step after another: each program takes one to itself again before the one that counts.
        const second = async (one: (() => Promise<number>) | undefined): Promise<number> => {
          await one?.();
          return (await one?.()) ?? Number.NaN;
        };
        for (let round = 0; round < rounds; round++)
          times.push({
            ours: await second(step),
            products: await second(multiply),
            torch: await second(torch?.step),
            torchCut: await second(torchCut?.step),
          });
        await session.close();
        await alone.close();
        torch?.close();
        torchCut?.close();
        const ours = median(times.map((one) => one.ours));
        const theirs = median(times.map((one) => one.products));
        const ratio = median(times.map((one) => one.products / one.ours));
        const against =
          torch === null
            ? ''
            : `; torch ${torch.version} ${median(times.map((one) => one.torch)).toFixed(0)} ms, ${median(times.map((one) => one.torch / one.ours)).toFixed(2)} times ours, ` +
              `written for one token in the last layer ${median(times.map((one) => one.torchCut / one.ours)).toFixed(2)} times`;
        console.log(
          `${what}, batch ${batch} × ${length} tokens, ${threads} thread${threads === 1 ? '' : 's'}: ` +
            `${gigaflop.toFixed(1)} GFLOP a step (${whole.toFixed(1)} with every token of the last layer); training ${((gigaflop / ours) * 1000).toFixed(1)} GFLOP/s (${ours.toFixed(0)} ms), ` +
            `MatMul alone ${((gigaflop / theirs) * 1000).toFixed(1)} GFLOP/s; ratio ${ratio.toFixed(2)} ` +
            `(${((ratio * whole) / gigaflop).toFixed(2)} by the model's GFLOP)${against}`,
        );
      }
  } finally {
    await rm(workFolder, { recursive: true, force: true });
  }
};
