import { SteelyardError, isSteelyardError } from '../contracts/index.ts';
import type { Context, Feeds, LearningRows, Model, Session, TechniqueResult, Value } from '../contracts/index.ts';
import { halfToFloats } from '../model/tensor/index.ts';

/** Rows that are run at a time. */
const batchRows = 32;

/** The inputs that a session knows. */
export const feedsFor = (session: Session, feeds: Feeds): Feeds => {
  const names = new Set(session.inputs.map(({ name }) => name));
  return Object.fromEntries(Object.entries(feeds).filter(([name]) => names.has(name)));
};

/** Numbers of a float output. Errors: `optimize/scores` for other types. */
export const floatsOf = (name: string, { dtype, data }: Value): Float32Array => {
  if (dtype === 'float32') return data as Float32Array;
  if (dtype === 'float64') return Float32Array.from(data as Float64Array);
  if (dtype === 'float16') return halfToFloats(data as Uint16Array);
  throw new SteelyardError('optimize/scores', `the output ${name} is ${dtype}, expected a float type`);
};

/** What a model answers to rows: one [rows, width] matrix a name. */
export interface Answers {
  readonly width: number;
  readonly values: Float32Array;
}

/** Run rows through a session, those of like length together. Answers each named output as [rows.length, width] in the order of `rows`.
 *  Errors: `optimize/scores` when an output has not one line a row; `runtime/…`; `engine/cancelled`. */
export const answersOf = async (
  session: Session,
  names: readonly string[],
  from: LearningRows,
  rows: readonly number[],
  context: Context,
  label: string,
): Promise<ReadonlyMap<string, Answers>> => {
  const order = rows.map((_, i) => i).sort((a, b) => from.length(rows[a]!) - from.length(rows[b]!) || a - b);
  const found = new Map<string, Answers>();
  for (let at = 0; at < order.length; at += batchRows) {
    if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while running examples');
    context.progress({ label, done: at, total: order.length });
    const places = order.slice(at, at + batchRows);
    const { outputs } = await session.run(feedsFor(session, from.feeds(places.map((place) => rows[place]!))), {
      fetch: names,
    });
    for (const name of names) {
      const value = outputs[name]!;
      const values = floatsOf(name, value);
      const width = values.length / places.length;
      let all = found.get(name);
      if (all === undefined) found.set(name, (all = { width, values: new Float32Array(rows.length * width) }));
      if (value.dims[0] !== places.length || width !== all.width)
        throw new SteelyardError(
          'optimize/scores',
          `the output ${name} is [${value.dims.join(', ')}] for ${places.length} rows: expected one line a row`,
        );
      for (const [row, place] of places.entries())
        all.values.set(values.subarray(row * width, (row + 1) * width), place * width);
    }
  }
  return found;
};

/** The place of the largest number of each row. */
export const bestOf = ({ width, values }: Answers): Int32Array => {
  const best = new Int32Array(values.length / width);
  for (let row = 0; row < best.length; row++) {
    const start = row * width;
    let at = 0;
    for (let i = 1; i < width; i++) if (values[start + i]! > values[start + at]!) at = i;
    best[row] = at;
  }
  return best;
};

/** Nothing done, for one reason. */
export const nothing = (model: Model, reason: string): TechniqueResult => ({
  model,
  changes: [],
  skipped: [{ reason, nodes: [] }],
});

/** The work of a technique; faults with one of these codes mean that the model is not of its kind: they become the reason why nothing was done. */
export const unless = async (
  codes: readonly string[],
  model: Model,
  work: () => Promise<TechniqueResult>,
): Promise<TechniqueResult> => {
  try {
    return await work();
  } catch (error) {
    if (!isSteelyardError(error) || !codes.includes(error.code)) throw error;
    return nothing(model, error.hint === undefined ? error.message : `${error.message}: ${error.hint}`);
  }
};
