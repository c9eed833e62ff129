// What padding texts to a few lengths costs or gains on this CPU, against calls of the texts' own lengths; and what it gains that only texts of
// similar lengths share a call, against calls of texts as they come.
import { InferenceSession, Tensor } from 'onnxruntime-node';
import {
  parseOptions,
  type Example,
  type Feeds,
  type SessionOptions,
  type Task,
  type Trial,
  type Value,
} from '../src/contracts/index.ts';
import { usualBuckets } from '../src/engine/search/buckets.ts';
import { bootstrapMedian, median, seeded } from '../src/statistics/index.ts';
import { speedOnly } from '../src/weigh/load/speed-only.ts';
import { throughput } from '../src/weigh/load/throughput.ts';
import { openClinc, type Clinc } from './clinc.ts';
import { benchContext, benchSubject } from './latency.ts';
import { table } from './table.ts';

const texts = 200;
const rounds = 9;

/** [rows, length] → [rows, width], filled on the right. */
const widened = ({ dims, data }: Value, width: number, fill: bigint): Tensor => {
  const [rows, length] = dims as readonly [number, number];
  const wide = new BigInt64Array(rows * width).fill(fill);
  for (let row = 0; row < rows; row++)
    wide.set((data as BigInt64Array).subarray(row * length, (row + 1) * length), row * width);
  return new Tensor('int64', wide, [rows, width]);
};

/** Feeds of a text model, padded to the length that `pad` names. */
const padded = (feeds: Feeds, padToken: number, pad: (length: number) => number): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(feeds).map(([name, value]) => [
      name,
      widened(value, pad(value.dims[1]!), BigInt(name === 'input_ids' ? padToken : 0)),
    ]),
  );

const upTo =
  (lengths: readonly number[]) =>
  (length: number): number =>
    lengths.find((one) => one >= length) ?? length;

const ways = [
  { id: 'own length', pad: (length: number) => length },
  { id: 'multiples of 8', pad: (length: number) => 8 * Math.ceil(length / 8) },
  { id: '8, 16, 32, 64', pad: upTo([8, 16, 32, 64]) },
  { id: '16, 32, 64, 128', pad: upTo([16, 32, 64, 128]) },
] as const;

/** Calls of at most `size` texts that are padded to the same length: what a server can put together. */
const callsOf = (
  task: Task,
  examples: readonly Example[],
  size: number,
  pad: (length: number) => number,
): Record<string, Tensor>[] => {
  const buckets = new Map<number, Example[]>();
  for (const example of examples) {
    const width = pad(task.encode([example]).tokens);
    buckets.set(width, [...(buckets.get(width) ?? []), example]);
  }
  return [...buckets.values()].flatMap((some) =>
    Array.from({ length: Math.ceil(some.length / size) }, (_, at) =>
      padded(task.encode(some.slice(at * size, (at + 1) * size)).feeds, task.text!.padToken, pad),
    ),
  );
};

/** Texts of CLINC150, shuffled so that lengths come as they come, one and eight a call; a turn of all texts for each way in every round. */
const fixedLengths = async ({ task, path, test }: Clinc): Promise<string> => {
  const examples = seeded(1, 'buckets').shuffle(test).slice(0, texts);
  const random = seeded(1, 'order of calls');
  const rows: string[][] = [];
  for (const size of [1, 8]) {
    const arms = await Promise.all(
      ways.map(async ({ id, pad }) => ({
        id,
        calls: random.shuffle(callsOf(task, examples, size, pad)),
        session: await InferenceSession.create(path, { intraOpNumThreads: 1, interOpNumThreads: 1 }),
        seconds: [] as number[],
      })),
    );
    for (let round = -1; round < rounds; round++)
      for (const { calls, session, seconds } of random.shuffle(arms)) {
        const from = performance.now();
        for (const feeds of calls) await session.run(feeds);
        if (round >= 0) seconds.push((performance.now() - from) / 1000);
      }
    const [own] = arms;
    for (const { id, calls, session, seconds } of arms) {
      const ratios = seconds.map((time, at) => own!.seconds[at]! / time);
      const { low, high } = bootstrapMedian(ratios, { confidence: 0.95, random: seeded(1, `buckets ${size} ${id}`) });
      rows.push([
        String(size),
        id,
        String(new Set(calls.map(({ input_ids: ids }) => ids!.dims.join())).size),
        String(calls.length),
        `${((1000 * median(seconds)) / texts).toFixed(2)} ms`,
        id === own!.id ? '' : `${median(ratios).toFixed(2)}× [${low.toFixed(2)}, ${high.toFixed(2)}]`,
      ]);
      await session.release();
    }
  }
  return table(['texts a call', 'padded to', 'shapes', 'calls', 'time a text', 'speed'], rows);
};

const steps = {
  'as they come': [],
  'by length, doubling (8–512)': [8, 16, 32, 64, 128, 256, 512],
  'by length, as tune tries it': usualBuckets,
} as const;

/** Throughput of one model that takes the texts that wait in different ways, against one text a call: as `tune` measures it. */
const queued = async ({ task, path, test }: Clinc): Promise<string> => {
  const ways = [8, 32].flatMap((batchSize) =>
    Object.entries(steps).map(([name, sequenceBuckets]) => ({
      name: `${batchSize} a call, ${name}`,
      session: { batchSize, ...(sequenceBuckets.length === 0 ? {} : { sequenceBuckets }) } as Partial<SessionOptions>,
    })),
  );
  const [baseline, ...candidates] = await Promise.all([
    benchSubject('one text a call', { path }),
    ...ways.map(({ name, session }) => benchSubject(name, { path, session })),
  ]);
  const trial: Trial = { ...speedOnly, task, baseline: baseline!, candidates, examples: test, batchSize: 1 };
  const options = parseOptions(throughput.id, throughput.options, { maxSeconds: 240, target: 0.02 });
  const outcomes = await throughput.evaluate(trial, options, benchContext(1));
  const rows = [...outcomes].map(([id, outcome]) => {
    if (outcome.kind !== 'measured') return [id, outcome.message, ''];
    const { value, versus } = outcome.measurements[0]!;
    const ratio =
      versus === undefined ? '' : `${versus.value.toFixed(2)}× [${versus.low.toFixed(2)}, ${versus.high.toFixed(2)}]`;
    return [id, `${value.toFixed(0)}/s`, ratio];
  });
  return table(['way', 'texts', 'against one text a call'], rows);
};

/** Both questions, on CLINC150, one thread. */
export const run = async (): Promise<void> => {
  const clinc = await openClinc();
  if (clinc === null) {
    console.log('skipped: the CLINC150 model and data are not there');
    return;
  }
  console.log(
    `${texts} texts of CLINC150, one thread, ${rounds} rounds in turn; times as fast as calls of the texts’ own lengths`,
  );
  console.log(await fixedLengths(clinc));
  console.log(
    'texts that wait (predicted: sharing by length gains a factor of 1.2 to 1.5 with eight a call, more with 32; finer steps a little more)',
  );
  console.log(await queued(clinc));
};
