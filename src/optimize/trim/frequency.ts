import { SteelyardError } from '../../contracts/index.ts';
import type { Context, Feeds, LearningRows, ValueArray } from '../../contracts/index.ts';

/** How often each token id occurs. */
export type Counts = ReadonlyMap<number, number>;

export interface Frequencies {
  /** In the rows to train on and the calibration inputs. */
  readonly seen: Counts;
  /** In the validation rows, which take no part in what is kept; null: there are none. */
  readonly heldOut: Counts | null;
  /** Most tokens that one example has. */
  readonly longest: number;
}

const stopped = (context: Context): void => {
  if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while counting tokens');
};

const countInto = (counts: Map<number, number>, ids: ValueArray | readonly number[]): void => {
  for (const raw of ids) {
    const id = Number(raw);
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
};

const countFeeds = (counts: Map<number, number>, feeds: Feeds, inputs: ReadonlySet<string>): number => {
  let longest = 0;
  for (const name of inputs) {
    const value = feeds[name];
    if (value === undefined || value.dtype === 'string') continue;
    countInto(counts, value.data);
    longest = Math.max(longest, value.dims.at(-1) ?? 1);
  }
  return longest;
};

const rowsAtOnce = 64;

const countRows = (rows: LearningRows, inputs: ReadonlySet<string>, context: Context): [Counts, number] => {
  const counts = new Map<number, number>();
  let longest = 0;
  const waiting: number[] = [];
  const flush = (): void => {
    if (waiting.length > 0) longest = Math.max(longest, countFeeds(counts, rows.feeds(waiting), inputs));
    waiting.length = 0;
  };
  for (let row = 0; row < rows.count; row++) {
    if (row % 256 === 0) stopped(context);
    const tokens = rows.tokens(row);
    if (tokens === null) {
      waiting.push(row);
      if (waiting.length === rowsAtOnce) flush();
      continue;
    }
    countInto(counts, tokens);
    longest = Math.max(longest, tokens.length);
  }
  flush();
  return [counts, longest];
};

/** Count the token ids of all data that the context has; null when it has none. Padding is counted where inputs come as tensors.
 *  Shapes: `inputs` are the model inputs that hold ids. Errors: `engine/cancelled`. */
export const countTokens = async (context: Context, inputs: ReadonlySet<string>): Promise<Frequencies | null> => {
  stopped(context);
  const seen = new Map<number, number>();
  let longest = 0;
  let heldOut: Counts | null = null;
  const { learning } = context;
  if (learning !== null) {
    const [counts, length] = countRows(learning.train, inputs, context);
    for (const [id, count] of counts) seen.set(id, count);
    const [other, otherLength] = countRows(learning.validation, inputs, context);
    if (other.size > 0) heldOut = other;
    longest = Math.max(length, otherLength);
  }
  if (context.calibration !== null)
    for await (const feeds of context.calibration()) {
      stopped(context);
      longest = Math.max(longest, countFeeds(seen, feeds, inputs));
    }
  return seen.size === 0 ? null : { seen, heldOut, longest };
};
