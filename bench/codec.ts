import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Model, Node, Tensor } from '../src/contracts/index.ts';
import { decodeFile, encodeFile } from '../src/model/onnx/index.ts';
import { tensor } from '../src/model/tensor/index.ts';

/** Reading and writing large models: seconds, speed against a plain copy of the same bytes in the same process, and memory.
 *  Decode and encode run in a child process of their own, so that its peak is theirs. */

const self = fileURLToPath(import.meta.url);
const megabyte = 1e6;

interface Reading {
  readonly decodeMs: readonly number[];
  readonly decodeGrowthBytes: number;
  readonly encodeMs: readonly number[];
  readonly copyMs: readonly number[];
  readonly encodeGrowthBytes: number;
  readonly bytes: number;
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** A chain of MatMul, Add, Reshape and Relu with 1024×1024 weights; all layers share the same bytes in memory. */
const chain = (layers: number): Model => {
  const weight = tensor(
    'float32',
    [1024, 1024],
    Float32Array.from({ length: 1024 * 1024 }, (_, i) => Math.sin(i)),
  );
  const bias = tensor('float32', [1024], new Float32Array(1024).fill(0.5));
  const nodes: Node[] = [];
  const initializers = new Map<string, Tensor>([['shape', tensor('int64', [2], BigInt64Array.of(-1n, 1024n))]]);
  const step = (op: string, inputs: string[], output: string): string => {
    nodes.push({ name: output, op, domain: '', inputs, outputs: [output], attributes: {} });
    return output;
  };
  let value = 'x';
  for (let layer = 0; layer < layers; layer++) {
    initializers.set(`w${layer}`, weight);
    initializers.set(`b${layer}`, bias);
    value = step('MatMul', [value, `w${layer}`], `m${layer}`);
    value = step('Add', [value, `b${layer}`], `a${layer}`);
    value = step('Reshape', [value, 'shape'], `r${layer}`);
    value = step('Relu', [value], `y${layer}`);
  }
  const type = { kind: 'tensor', dtype: 'float32', dims: ['n', 1024] } as const;
  const graph = { name: 'chain', inputs: [{ name: 'x', type }], outputs: [{ name: value, type }], nodes, initializers };
  return {
    irVersion: 8,
    producer: 'bench',
    graph: { ...graph, values: new Map() },
    opsets: new Map([['', 17]]),
    metadata: new Map(),
    functions: [],
  };
};

const peakBytes = (): number => 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);

/** Read 8 MiB, write 8 MiB. */
const plainCopy = async (from: string, to: string): Promise<void> => {
  const [source, target] = [await open(from, 'r'), await open(to, 'w')];
  const chunk = new Uint8Array(8 * 1024 * 1024);
  for (;;) {
    const { bytesRead } = await source.read(chunk, 0, chunk.length);
    if (bytesRead === 0) break;
    await target.write(chunk, 0, bytesRead);
  }
  await source.close();
  await target.close();
};

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const started = performance.now();
  await work();
  return performance.now() - started;
};

/** In the child: decode five times, then encode and copy in turn. */
const measure = async (path: string, files: readonly string[], target: string, rounds: number): Promise<Reading> => {
  const restBytes = process.memoryUsage.rss();
  const decodeMs: number[] = [];
  for (let round = 0; round < 5; round++) decodeMs.push(await timed(() => decodeFile(path)));
  const decodeGrowthBytes = peakBytes() - restBytes;
  const encodeMs: number[] = [];
  const copyMs: number[] = [];
  const model = await decodeFile(path);
  const externalData = files.length > 1 ? 'always' : 'never';
  const encode = async (): Promise<number> => {
    const ms = await timed(() => encodeFile(model, target, { externalData }));
    for (const name of [target, `${target}_data`]) await rm(name, { force: true });
    return ms;
  };
  const copy = async (): Promise<number> => {
    const ms = await timed(async () => {
      for (const [index, file] of files.entries()) await plainCopy(file, `${target}${index}`);
    });
    for (const index of files.keys()) await rm(`${target}${index}`);
    return ms;
  };
  await encode();
  const encodePeak = peakBytes();
  // The first write after another pays for both: a warm-up, then in turns.
  await copy();
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) copyMs.push(await copy());
    encodeMs.push(await encode());
    if (round % 2 === 1) copyMs.push(await copy());
  }
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
  return { decodeMs, decodeGrowthBytes, encodeMs, copyMs, encodeGrowthBytes: encodePeak - restBytes, bytes };
};

const inChild = (...parameters: Parameters<typeof measure>): Promise<Reading> =>
  new Promise((resolve, reject) => {
    const child = fork(self, ['measure', JSON.stringify(parameters)]);
    child.once('message', (reading) => resolve(reading as Reading));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the measuring process ended with ${code}`)));
  });

const line = (what: string, predicted: string, measured: string): void =>
  console.log(`  ${what.padEnd(34)}${predicted.padEnd(26)}${measured}`);

const report = (title: string, { decodeMs, encodeMs, copyMs, bytes, ...growth }: Reading): void => {
  const speed = (ms: number): string => `${(bytes / megabyte / (ms / 1000)).toFixed(0)} MB/s`;
  const ratios = encodeMs.map((ms, round) => copyMs[round]! / ms);
  const share = (part: number): string =>
    `${(part / megabyte).toFixed(0)} MB = ${((100 * part) / bytes).toFixed(1)} % of the model`;
  console.log(`${title}: ${(bytes / megabyte).toFixed(0)} MB`);
  line('', 'predicted', 'measured');
  line('decode, first time', '< 100 ms', `${decodeMs[0]!.toFixed(1)} ms`);
  line('decode, median of 5', '< 20 ms', `${median(decodeMs).toFixed(1)} ms`);
  line('decode, peak memory growth', '< 20 MB', share(growth.decodeGrowthBytes));
  line('encode, median', '', `${(median(encodeMs) / 1000).toFixed(2)} s, ${speed(median(encodeMs))}`);
  line('plain copy, median', '', `${(median(copyMs) / 1000).toFixed(2)} s, ${speed(median(copyMs))}`);
  line(
    'encode against copy, paired',
    '0.8 to 1.1 of its speed',
    `${median(ratios).toFixed(2)} (${ratios.map((ratio) => ratio.toFixed(2)).join(', ')})`,
  );
  line('encode, peak memory growth', '< 40 MB', share(growth.encodeGrowthBytes));
};

/** Prints the table for a 200 MB model with its weights inside and a 2 GB one with external data. Files are removed afterwards. */
export const run = async (): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'steelyard-codec-'));
  try {
    const target = join(folder, 'copy.onnx');
    const small = join(folder, 'small.onnx');
    await encodeFile(chain(48), small);
    report('weights inside', await inChild(small, [small], target, 6));
    rmSync(small);
    const large = join(folder, 'large.onnx');
    await encodeFile(chain(480), large, { externalData: 'always' });
    report('external data', await inChild(large, [large, `${large}_data`], target, 4));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

if (process.argv[2] === 'measure' && process.send) {
  process.send(await measure(...(JSON.parse(process.argv[3]!) as Parameters<typeof measure>)));
  process.disconnect();
}
