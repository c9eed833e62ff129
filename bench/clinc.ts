// The real task of the comparisons: intents of CLINC150 and the BERT that was trained on them.
import { readFile, writeFile } from 'node:fs/promises';
import type { Example, Feeds, Task } from '../src/contracts/index.ts';
import { findModel, type Found } from '../src/engine/run/baseline.ts';
import { calibrationBatches } from '../src/engine/run/calibration.ts';
import { createTask } from '../src/weigh/tasks/index.ts';
import { seeded } from '../src/statistics/index.ts';
import { shared } from '../src/testing/shared.ts';

/** A batch of token ids as the children of a comparison read it. */
export type StoredBatch = Readonly<
  Record<string, { readonly dims: readonly number[]; readonly data: readonly number[] }>
>;

export interface Clinc {
  readonly path: string;
  readonly task: Task;
  /** The 4,500 test texts whose intent is one of the 150. */
  readonly test: readonly Example[];
  /** Texts of the training part, none of which is in the test part. */
  readonly calibration: readonly Example[];
  /** A batch of real tokens, every row exactly `tokens` long. */
  batch(rows: number, tokens: number): Feeds;
}

type Rows = readonly (readonly [string, string])[];

const normal = (text: string): string => text.toLowerCase().replace(/\s+/g, ' ').trim();

const taskFor = ({ folder, model }: Found, maxLength: number): Promise<Task> =>
  createTask({ id: 'text-classification', maxLength }, folder, {
    inputs: model.graph.inputs.filter(({ name }) => !model.graph.initializers.has(name)),
    outputs: model.graph.outputs,
  });

const longest = 128;

/** Open model and data; null when they are not there. `file` is the export: model.onnx or model_dynamo.onnx. */
export const openClinc = async (file = 'model.onnx', calibrationRows = 256): Promise<Clinc | null> => {
  const path = shared('models', 'clinc150-bert', 'onnx', file);
  const data = shared('data', 'clinc150', 'data_full.json');
  if (path === null || data === null) return null;
  const { train, test } = JSON.parse(await readFile(data, 'utf8')) as Readonly<Record<'train' | 'test', Rows>>;
  const example = ([text, label]: readonly [string, string], at: number): Example => ({
    id: String(at),
    text,
    label,
    groups: {},
  });
  const tested = new Set(test.map(([text]) => normal(text)));
  const found = await findModel(path);
  const long = await taskFor(found, longest);
  const texts = test.map(([text]) => text);
  return {
    path,
    task: await taskFor(found, 64),
    test: test.map(example),
    calibration: seeded(1, 'calibration')
      .shuffle(train.filter(([text]) => !tested.has(normal(text))))
      .slice(0, calibrationRows)
      .map(example),
    batch(rows, tokens) {
      const random = seeded(1, `batch ${rows} ${tokens}`);
      const full = Array.from({ length: rows }, (_, row): Example => {
        const text = Array.from({ length: longest }, () => texts[random.integer(texts.length)]!).join(' ');
        return { id: `long ${row}`, text, label: null, groups: {} };
      });
      const { feeds } = long.encode(full);
      return Object.fromEntries(
        Object.entries(feeds).map(([name, { dtype, data: all }]) => {
          const values = all as BigInt64Array;
          const cut = BigInt64Array.from(
            { length: rows * tokens },
            (_, i) => values[Math.floor(i / tokens) * longest + (i % tokens)]!,
          );
          return [name, { dtype, dims: [rows, tokens], data: cut }];
        }),
      );
    },
  };
};

/** Feeds with int64 values as plain numbers. */
export const storedBatch = (feeds: Feeds): StoredBatch =>
  Object.fromEntries(
    Object.entries(feeds).map(([name, { dims, data }]) => [
      name,
      { dims, data: Array.from(data as BigInt64Array, Number) },
    ]),
  );

const rowsPerBatch = 32;

/** Write calibration batches for the children: as the product makes them (texts of one length together, 8 to 32 rows), and 32 rows of one length for tools
 *  that cannot take batches of different lengths. */
export const writeBatches = async (
  task: Task,
  examples: readonly Example[],
  paths: { readonly varying: string; readonly equal: string },
): Promise<void> => {
  const ordered = examples.toSorted((a, b) => (a.text?.length ?? 0) - (b.text?.length ?? 0));
  const groups = Array.from({ length: Math.ceil(ordered.length / rowsPerBatch) }, (_, at) =>
    ordered.slice(at * rowsPerBatch, (at + 1) * rowsPerBatch),
  );
  const varying = calibrationBatches(task, examples);
  await writeFile(paths.varying, JSON.stringify(varying.map((group) => storedBatch(task.encode(group).feeds))));
  const { feeds } = task.encode(ordered);
  const whole = storedBatch(feeds);
  const equal = groups.map((group, at): StoredBatch =>
    Object.fromEntries(
      Object.entries(whole).map(([name, { dims, data }]) => {
        const width = dims[1]!;
        const from = at * rowsPerBatch * width;
        return [name, { dims: [group.length, width], data: data.slice(from, from + group.length * width) }];
      }),
    ),
  );
  await writeFile(paths.equal, JSON.stringify(equal));
};
