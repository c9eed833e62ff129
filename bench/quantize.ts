// Dynamic int8 on a BERT-base-shaped model: time and memory to produce it, and its latency against float32.
import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseOptions, type Feeds } from '../src/contracts/index.ts';
import { createContext } from '../src/engine/run/context.ts';
import { decodeFile, encodeFile } from '../src/model/onnx/index.ts';
import { dynamic } from '../src/optimize/quantize/dynamic.ts';
import { encoderModel, initialWeights } from '../src/optimize/training/index.ts';
import { seeded } from '../src/statistics/index.ts';
import { describeTimings, timeVariants } from './latency.ts';

const self = fileURLToPath(import.meta.url);
const megabyte = 1e6;

/** BERT-base: 12 layers, width 768, 12 heads, 30,522 tokens; random weights. */
const base = { layers: 12, width: 768, heads: 12, ffn: 3072, vocabulary: 30_522, positions: 512, labels: 2 };
const largestTensorBytes = base.vocabulary * base.width * 4;

const peakBytes = (): number =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) * 1024;

/** In a process of its own, so that time and peak are its own: decode, quantize, encode. */
const produce = async (source: string, target: string, workFolder: string): Promise<void> => {
  const started = performance.now();
  const cpu = process.cpuUsage();
  const context = createContext({ seed: 1, workFolder });
  const { model, changes } = await dynamic.apply(
    await decodeFile(source),
    parseOptions(dynamic.id, dynamic.options),
    context,
  );
  await encodeFile(model, target);
  const { user, system } = process.cpuUsage(cpu);
  process.send!({
    seconds: (performance.now() - started) / 1000,
    cpuSeconds: (user + system) / 1e6,
    peakBytes: peakBytes(),
    layers: changes.length,
  });
};

interface Produced {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  readonly layers: number;
}

const inChild = (source: string, target: string, work: string): Promise<Produced> =>
  new Promise((done, fail) => {
    const child = fork(self, ['produce', source, target, work]);
    child.on('message', (message) => done(message as Produced));
    child.on('error', fail);
    child.on('exit', (code) => (code === 0 ? undefined : fail(new Error(`the child ended with ${code}`))));
  });

const batch = (size: number, length: number): Feeds => {
  const dims = [size, length];
  const random = seeded(1, `bert ${size} ${length}`);
  const fill = (value: () => number) => BigInt64Array.from({ length: size * length }, () => BigInt(value()));
  return {
    input_ids: { dtype: 'int64', dims, data: fill(() => random.integer(base.vocabulary)) },
    attention_mask: { dtype: 'int64', dims, data: fill(() => 1) },
    token_type_ids: { dtype: 'int64', dims, data: fill(() => 0) },
  };
};

/** Prints prediction and measurement; files are removed afterwards. */
export const run = async (): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'steelyard-bert-'));
  try {
    const float = join(folder, 'float.onnx');
    const int8 = join(folder, 'int8.onnx');
    await encodeFile(encoderModel(base, initialWeights(base, seeded(1, 'bert'))), float);
    const { seconds, cpuSeconds, peakBytes: peak, layers } = await inChild(float, int8, folder);
    const limit = 3 * largestTensorBytes + 200 * megabyte;
    console.log('quantize/dynamic on a BERT-base-shaped model (110 M parameters, random weights)');
    console.log(
      `  to produce: ${seconds.toFixed(2)} s, ${cpuSeconds.toFixed(2)} CPU s, ${layers} layers   (predicted: under 4 s on one core)`,
    );
    console.log(
      `  peak memory: ${(peak / megabyte).toFixed(0)} MB   (predicted: under ${(limit / megabyte).toFixed(0)} MB, three times the largest tensor and 200 MB)`,
    );
    console.log('latency, 128 tokens, one thread   (predicted: at least 1.8 times as fast)');
    for (const size of [1, 8]) {
      const timings = await timeVariants({ float32: { path: float }, int8: { path: int8 } }, [batch(size, 128)], {
        maxSeconds: 90,
        laps: 2,
      });
      console.log(`batch ${size}\n${describeTimings(timings)}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

if (process.argv[2] === 'produce') await produce(process.argv[3]!, process.argv[4]!, process.argv[5]!);
