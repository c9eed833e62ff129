// The child of a comparison: read a model, apply a chain of our techniques, write the result. Usage: node produce-ours.js job.json
import { readFileSync, writeFileSync } from 'node:fs';
import { isSteelyardError, type ChainStep, type Feeds } from '../src/contracts/index.ts';
import { applyChain } from '../src/engine/build/chain.ts';
import { createContext } from '../src/engine/run/context.ts';
import { decodeFile, encodeFile } from '../src/model/onnx/index.ts';
import type { StoredBatch } from './clinc.ts';
import type { Took } from './producers.ts';

interface Job {
  readonly model: string;
  readonly output: string;
  readonly result: string;
  readonly work: string;
  readonly batches: string | null;
  readonly steps: readonly ChainStep[];
}

const peakBytes = (): number | null => {
  try {
    const match = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'));
    return match === null ? null : Number(match[1]) * 1024;
  } catch {
    return null;
  }
};

const feedsOf = (batch: StoredBatch): Feeds =>
  Object.fromEntries(
    Object.entries(batch).map(([name, { dims, data }]) => [
      name,
      { dtype: 'int64' as const, dims, data: BigInt64Array.from(data, BigInt) },
    ]),
  );

const startPeakBytes = peakBytes();
// The clock of a Node process starts with the process.
const startSeconds = performance.now() / 1000;
const cpu = process.cpuUsage();
const job = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as Job;

const work = async (): Promise<Took> => {
  const { batches } = job;
  const context = createContext({
    seed: 1,
    workFolder: job.work,
    calibration:
      batches === null
        ? null
        : async function* calibration() {
            for (const batch of JSON.parse(readFileSync(batches, 'utf8')) as StoredBatch[]) yield feedsOf(batch);
          },
  });
  const chain = { id: 'bench', steps: job.steps, session: {} };
  const applied = await applyChain(await decodeFile(job.model), chain, context);
  if (applied.kind === 'model') await encodeFile(applied.model, job.output);
  const { user, system } = process.cpuUsage(cpu);
  return {
    seconds: performance.now() / 1000 - startSeconds,
    cpuSeconds: (user + system) / 1e6,
    startSeconds,
    startPeakBytes,
    peakBytes: peakBytes(),
    ...(applied.kind === 'model'
      ? { config: applied.config }
      : { refused: `${applied.technique}: ${applied.refusal.reason}` }),
  };
};

try {
  writeFileSync(job.result, JSON.stringify(await work()));
} catch (error) {
  if (!isSteelyardError(error)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
}
