// How fast examples are answered: as Steelyard does it against a plain loop over ONNX Runtime on the same texts, real tokens a second.
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Example, Feeds, Task } from '../src/contracts/index.ts';
import { defaultSessionOptions } from '../src/contracts/index.ts';
import { openSession } from '../src/runtime/onnxruntime/index.ts';
import { bootstrapMedian, median, seeded } from '../src/statistics/index.ts';
import { predict } from '../src/weigh/tasks/index.ts';
import { openClinc } from './clinc.ts';
import { benchContext } from './latency.ts';

const texts = 1000;
const rounds = 9;

const inProcess = (feeds: Feeds): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(feeds).map(([name, { dims, data }]) => [
      name,
      new Tensor('int64', data as BigInt64Array, [...dims]),
    ]),
  );

/** A loop as one writes it: texts in the order of the data, each batch padded to its longest. */
const plain = async (session: InferenceSession, task: Task, examples: readonly Example[], batch: number) => {
  for (let at = 0; at < examples.length; at += batch)
    await session.run(inProcess(task.encode(examples.slice(at, at + batch)).feeds));
};

/** Copies, since a task remembers what it has tokenized. */
const fresh = (examples: readonly Example[]): readonly Example[] => examples.map((example) => ({ ...example }));

export const run = async (): Promise<void> => {
  const clinc = await openClinc();
  if (clinc === null) {
    console.log('skipped: the CLINC150 model and data are not there');
    return;
  }
  const { task, path } = clinc;
  const examples = seeded(1, 'evaluation').shuffle(clinc.test).slice(0, texts);
  const tokens = examples.reduce((sum, example) => sum + task.encode([example]).tokens, 0);
  const ours = await openSession(path, defaultSessionOptions);
  const theirs = await InferenceSession.create(path, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const context = benchContext();
  console.log(
    `${texts} texts of CLINC150, ${tokens} tokens, one thread, tokenization included, ${rounds} rounds in turn`,
  );
  console.log('batch   plain loop   Steelyard   ratio (95 %)');
  try {
    for (const batch of [1, 8, 32]) {
      const seconds: { ours: number[]; plain: number[] } = { ours: [], plain: [] };
      for (let round = -1; round < rounds; round++) {
        const order = round % 2 === 0 ? (['ours', 'plain'] as const) : (['plain', 'ours'] as const);
        for (const who of order) {
          const some = fresh(examples);
          const start = performance.now();
          if (who === 'ours') await predict(task, ours, some, { batchSize: batch, context });
          else await plain(theirs, task, some, batch);
          if (round >= 0) seconds[who].push((performance.now() - start) / 1000);
        }
      }
      const ratios = seconds.plain.map((time, at) => time / seconds.ours[at]!);
      const { low, high } = bootstrapMedian(ratios, { confidence: 0.95, random: seeded(1, `evaluation ${batch}`) });
      const rate = (times: readonly number[]): string =>
        `${Math.round(tokens / median(times)).toLocaleString('en-US')}/s`;
      console.log(
        `${String(batch).padEnd(6)}${rate(seconds.plain).padStart(12)}${rate(seconds.ours).padStart(12)}   ${median(ratios).toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`,
      );
    }
  } finally {
    await ours.close();
    await theirs.release();
  }
};
