import {
  requestsPerCall,
  type Example,
  type Feeds,
  type Random,
  type Subject,
  type Task,
  type Trial,
} from '../../contracts/index.ts';

/** What decides how a version takes requests that wait. */
type Taking = Pick<Subject, 'task' | 'sessionOptions'>;

/** The same requests for every version, each in calls of its own kind. */
export interface Windows {
  /** Requests in one window. */
  readonly requests: number;
  /** A version's calls, window by window; every window has at least one, all of the version's own number of rows. */
  callsOf(subject: Taking): readonly (readonly Feeds[])[];
}

/** So many requests at most are encoded. */
const mostRequests = 1024;
/** A queue has to hold several calls before it matters which requests share one. */
const queuedCalls = 4;

/** Whether a version takes waiting requests in another way than the scenario's traffic does. */
export const takesItsOwnWay = ({ sessionOptions }: Pick<Subject, 'sessionOptions'>, usual: number): boolean =>
  (sessionOptions.batchSize ?? usual) !== usual || (sessionOptions.sequenceBuckets?.length ?? 0) > 0;

/** Which bucket a length falls in: the first whose length is not exceeded; one more for all that are longer. */
export const bucketOf = (buckets: readonly number[], tokens: number): number => {
  const found = buckets.findIndex((most) => tokens <= most);
  return found < 0 ? buckets.length : found;
};

/** Requests as a server would take them: one queue a bucket, a call whenever one holds `rows` of them; what is left at the end shares calls,
 *  shortest first. What does not fill a call is left out. */
export const callsByBucket = <T>(requests: readonly T[], rows: number, bucket: (request: T) => number): T[][] => {
  const queues = new Map<number, T[]>();
  const calls: T[][] = [];
  for (const request of requests) {
    const at = bucket(request);
    const queue = [...(queues.get(at) ?? []), request];
    if (queue.length === rows) calls.push(queue);
    queues.set(at, queue.length === rows ? [] : queue);
  }
  const left = [...queues].sort(([a], [b]) => a - b).flatMap(([, queue]) => queue);
  for (let at = 0; at + rows <= left.length; at += rows) calls.push(left.slice(at, at + rows));
  return calls;
};

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** The trial's examples in a seeded order, cut into windows: in its turn, every version answers the same window, so that versions with batches
 *  of different sizes, or of similar lengths, are compared on the same requests. Calls by length come in a random order, so that no window has
 *  only the short ones. Shapes: each call's feeds have the version's number of rows. */
export const requestWindows = (
  { task: usualTask, examples }: Pick<Trial, 'task' | 'examples'>,
  subjects: readonly Taking[],
  usual: number,
  random: Random,
): Windows => {
  const rowsOf = (subject: Taking): number => requestsPerCall(subject, usual);
  const sizes = subjects.map(rowsOf);
  const largest = Math.max(...sizes);
  const common = sizes.reduce((all, size) => (all * size) / gcd(all, size));
  const unit = common > mostRequests ? largest : common;
  const byLength = subjects.some(({ sessionOptions }) => (sessionOptions.sequenceBuckets?.length ?? 0) > 0);
  const requests = unit * Math.ceil((largest * (byLength ? queuedCalls : 1)) / unit);
  const windows = Math.max(1, Math.floor(Math.min(mostRequests, examples.length) / requests));
  const order = random.shuffle(examples);
  const all = Array.from({ length: windows * requests }, (_, at) => order[at % order.length]!);

  const make = (task: Task, rows: number, buckets: readonly number[]): readonly (readonly Feeds[])[] => {
    const lengths = new Map<Example, number>();
    const bucket = (example: Example): number => {
      const tokens = lengths.get(example) ?? task.encode([example]).tokens;
      lengths.set(example, tokens);
      return bucketOf(buckets, tokens);
    };
    const calls = callsByBucket(all, rows, buckets.length === 0 ? () => 0 : bucket);
    const feeds = (buckets.length === 0 ? calls : random.shuffle(calls)).map((some) => task.encode(some).feeds);
    const at = (window: number): number => Math.floor((window * feeds.length) / windows);
    return Array.from({ length: windows }, (_, window) => feeds.slice(at(window), at(window + 1)));
  };
  const keyOf = (subject: Taking): string => JSON.stringify([rowsOf(subject), subject.sessionOptions.sequenceBuckets]);
  const made = new Map<Task, Map<string, readonly (readonly Feeds[])[]>>();
  // All at once: in which order versions ask must not decide what they get.
  for (const subject of subjects) {
    const { task = usualTask, sessionOptions } = subject;
    const ofTask = made.get(task) ?? new Map<string, readonly (readonly Feeds[])[]>();
    if (!ofTask.has(keyOf(subject)))
      ofTask.set(keyOf(subject), make(task, rowsOf(subject), sessionOptions.sequenceBuckets ?? []));
    made.set(task, ofTask);
  }
  return { requests, callsOf: (subject) => made.get(subject.task ?? usualTask)!.get(keyOf(subject))! };
};
