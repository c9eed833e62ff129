// What padding texts to a few lengths costs or gains on this CPU, against calls of the texts' own lengths.
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Example, Feeds, Task, Value } from '../src/contracts/index.ts';
import { bootstrapMedian, median, seeded } from '../src/statistics/index.ts';
import { openClinc } from './clinc.ts';
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
export const run = async (): Promise<void> => {
  const clinc = await openClinc();
  if (clinc === null) {
    console.log('skipped: the CLINC150 model and data are not there');
    return;
  }
  const { task, path } = clinc;
  const examples = seeded(1, 'buckets').shuffle(clinc.test).slice(0, texts);
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
  console.log(
    `${texts} texts of CLINC150, one thread, ${rounds} rounds in turn; times as fast as calls of the texts’ own lengths`,
  );
  console.log(table(['texts a call', 'padded to', 'shapes', 'calls', 'time a text', 'speed'], rows));
};
