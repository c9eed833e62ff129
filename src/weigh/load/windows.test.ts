import { expect, test } from 'vitest';
import { defaultSessionOptions, type Example, type SessionOptions, type Task } from '../../contracts/index.ts';
import { seeded } from '../../statistics/index.ts';
import { bucketOf, callsByBucket, requestWindows, takesItsOwnWay } from './windows.ts';

/** An example’s id is its length in tokens and its number: "9/3". */
const lengthOf = (id: string): number => Number(id.split('/')[0]);
const task: Task = {
  id: 'text-classification',
  labels: ['a'],
  fingerprint: '',
  encode: (examples) => ({
    feeds: { x: { dtype: 'string', dims: [examples.length], data: examples.map(({ id }) => id) } },
    truncated: 0,
    tokens: examples.reduce((sum, { id }) => sum + lengthOf(id), 0),
  }),
  decode: () => new Float32Array(0),
};
const examples = Array.from({ length: 512 }, (_, i): Example => {
  const length = i % 16 === 0 ? 40 : 4 + (i % 12);
  return { id: `${length}/${i}`, label: null, groups: {} };
});
const version = (options: Partial<SessionOptions> = {}) => ({
  sessionOptions: { ...defaultSessionOptions, ...options },
});
const idsOf = (calls: ReturnType<ReturnType<typeof requestWindows>['callsOf']>) =>
  calls.map((window) => window.map(({ x }) => x!.data as readonly string[]));

test('a length falls in the first bucket that holds it, and in one more beyond the last', () => {
  expect([1, 8, 9, 16, 17].map((tokens) => bucketOf([8, 16], tokens))).toEqual([0, 0, 1, 1, 2]);
});

test('a call goes out when a bucket is full; what is left shares calls, shortest first; nothing is answered twice', () => {
  const calls = callsByBucket([3, 9, 1, 20, 2, 10, 4, 21], 2, (length) => bucketOf([8, 16], length));
  expect(calls).toEqual([
    [3, 1],
    [9, 10],
    [2, 4],
    [20, 21],
  ]);
  expect(callsByBucket([1, 9, 2, 3, 20], 2, (length) => bucketOf([8, 16], length))).toEqual([
    [1, 2],
    [3, 9],
  ]);
});

test('every version answers the same requests in the same window, each in its own calls', () => {
  const [one, many] = [version(), version({ batchSize: 8 })];
  const windows = requestWindows({ task, examples }, [one, many], 1, seeded(1, 'x'));
  expect(windows.requests).toBe(8);
  const [singly, together] = [idsOf(windows.callsOf(one)), idsOf(windows.callsOf(many))];
  expect(together).toHaveLength(64);
  expect(together.map((window) => window.flat())).toEqual(singly.map((window) => window.flat()));
  expect(together.flat().every((call) => call.length === 8)).toBe(true);
  expect(new Set(singly.flat(2)).size).toBe(512);
});

test('sizes that do not divide each other share a window that both fill', () => {
  const windows = requestWindows(
    { task, examples },
    [version({ batchSize: 6 }), version({ batchSize: 4 })],
    1,
    seeded(1, 'x'),
  );
  expect(windows.requests).toBe(12);
});

test('requests of one bucket share a call: far less is padded, nothing is left out, no window is all short', () => {
  const [plain, sorted] = [version({ batchSize: 8 }), version({ batchSize: 8, sequenceBuckets: [8, 16] })];
  const windows = requestWindows({ task, examples }, [version(), plain, sorted], 1, seeded(1, 'x'));
  expect(windows.requests).toBe(32);
  const [asTheyCome, byLength] = [idsOf(windows.callsOf(plain)), idsOf(windows.callsOf(sorted))];
  expect(new Set(byLength.flat(2))).toEqual(new Set(asTheyCome.flat(2)));
  expect(byLength.flat()).toHaveLength(64);
  expect(byLength.every((window) => window.length === 4)).toBe(true);
  const padded = (calls: readonly (readonly string[])[]): number =>
    calls.reduce((sum, call) => sum + call.length * Math.max(...call.map(lengthOf)), 0);
  expect(padded(byLength.flat())).toBeLessThan(0.65 * padded(asTheyCome.flat()));
  const mixed = byLength.flat().filter((call) => new Set(call.map((id) => bucketOf([8, 16], lengthOf(id)))).size > 1);
  expect(mixed.length).toBeLessThanOrEqual(2);
  const lengths = byLength.map((window) => Math.max(...window.flat().map(lengthOf)));
  expect(lengths.filter((longest) => longest > 16).length).toBeGreaterThan(1);
});

test('who asks first does not decide what anybody gets', () => {
  const versions = [version({ batchSize: 8, sequenceBuckets: [8] }), version({ batchSize: 8, sequenceBuckets: [16] })];
  const all = () => requestWindows({ task, examples }, versions, 1, seeded(1, 'x'));
  const [first, second] = [all(), all()];
  expect(versions.map((one) => idsOf(first.callsOf(one)))).toEqual(
    versions
      .toReversed()
      .map((one) => idsOf(second.callsOf(one)))
      .toReversed(),
  );
});

test('few examples come again until a window is full', () => {
  const windows = requestWindows(
    { task, examples: examples.slice(0, 3) },
    [version({ batchSize: 8 })],
    1,
    seeded(1, 'x'),
  );
  expect(idsOf(windows.callsOf(version({ batchSize: 8 })))[0]![0]).toHaveLength(8);
});

test('a version has its own way when its calls differ from those of the traffic', () => {
  expect(takesItsOwnWay(version(), 1)).toBe(false);
  expect(takesItsOwnWay(version({ batchSize: 1 }), 1)).toBe(false);
  expect(takesItsOwnWay(version({ batchSize: 1 }), 8)).toBe(true);
  expect(takesItsOwnWay(version({ sequenceBuckets: [8] }), 8)).toBe(true);
});
