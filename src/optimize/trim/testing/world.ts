import type { Context, Feeds, Learning, LearningRows } from '../../../contracts/index.ts';
import { context } from '../../testing/quantized.ts';
import { bytesOfJson } from './tokenizers.ts';

/** Ids as an input, padded with 0. */
export const idsFeed = (rows: readonly (readonly number[])[], name = 'ids'): Feeds => {
  const width = Math.max(1, ...rows.map((row) => row.length));
  return {
    [name]: {
      dtype: 'int64',
      dims: [rows.length, width],
      data: BigInt64Array.from(rows.flatMap((row) => Array.from({ length: width }, (_, at) => BigInt(row[at] ?? 0)))),
    },
  };
};

const rowsOf = (rows: readonly (readonly number[])[], name: string): LearningRows => ({
  count: rows.length,
  label: (row) => row % 3,
  length: (row) => rows[row]!.length,
  tokens: (row) => rows[row]!,
  feeds: (chosen) =>
    idsFeed(
      chosen.map((row) => rows[row]!),
      name,
    ),
});

/** Token rows to learn from and to check on. */
export const learningOf = (
  train: readonly (readonly number[])[],
  validation: readonly (readonly number[])[] = [],
  name = 'ids',
): Learning => ({
  train: rowsOf(train, name),
  validation: rowsOf(validation, name),
  labels: ['a', 'b', 'c'],
  output: 'y',
  text: null,
  digest: 'test',
});

/** A context with data and files beside the model. */
export const world = async (given: {
  readonly learning?: Learning | null;
  readonly calibration?: readonly Feeds[] | null;
  readonly files?: Readonly<Record<string, unknown>>;
}): Promise<Context> => ({
  ...(await context(
    given.calibration
      ? async function* calibration() {
          yield* given.calibration!;
        }
      : null,
  )),
  learning: given.learning ?? null,
  companion: (name) => {
    const file = given.files?.[name];
    return Promise.resolve(file === undefined ? null : bytesOfJson(file));
  },
});

/** The JSON in a result's companion. */
export const jsonOf = (
  companions: ReadonlyMap<string, Uint8Array> | undefined,
  name: string,
): Record<string, unknown> => {
  const bytes = companions?.get(name);
  if (bytes === undefined) throw new Error(`no ${name} among the companions`);
  return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
};
