import { expect, test } from 'vitest';
import type { Example, Task } from '../../../contracts/index.ts';
import { seeded } from '../../../statistics/index.ts';
import { libraryOf } from './library.ts';

const examples = Array.from({ length: 20 }, (_, i): Example => ({
  id: String(i),
  text: 'x'.repeat(1 + (i % 2)),
  label: null,
  groups: {},
}));
const task = (encode: Task['encode'], more: Partial<Task> = {}): Task => ({
  id: 'text-classification',
  labels: [],
  fingerprint: '',
  encode,
  decode: () => new Float32Array(0),
  ...more,
});
const reading =
  (cut: number): Task['encode'] =>
  (rows) => ({
    feeds: { ids: { dtype: 'string', dims: [rows.length], data: rows.map(({ id }) => id) } },
    truncated: 0,
    tokens: rows.reduce((sum, { text }) => sum + Math.min(cut, text!.length), 0),
  });

test('every version reads the same examples, each in its own way, once', () => {
  let reads = 0;
  const usual = task((rows) => (reads++, reading(9)(rows)));
  const library = libraryOf({ task: usual, examples }, 2, seeded(1, 'l'));
  expect(library.size).toBe(10);
  expect(new Set(library.examples.flat()).size).toBe(20);
  const own = task(reading(1));
  const ids = (subject: { task?: Task }) => library.calls(subject).map(({ ids: value }) => value!.data);
  expect(ids({})).toEqual(library.examples.map((call) => call.map(String)));
  expect(ids({ task: own })).toEqual(ids({}));
  expect(library.meanTokens({})).toBe(1.5);
  expect(library.meanTokens({ task: own })).toBe(1);
  expect(reads).toBe(10);
});

test('lengths that vary ask for equal issue, and only calls of one length are alike', () => {
  const varied = libraryOf(
    { task: task(reading(9), { bucket: ({ text }) => String(text!.length) }), examples },
    1,
    seeded(1, 'l'),
  );
  expect(varied.selection).toBe('equal-issue');
  expect(new Set([...varied.alike.calls!].map((call) => examples[varied.examples[call]![0]!]!.text!.length)).size).toBe(
    1,
  );
  const same = libraryOf({ task: task(reading(9)), examples }, 1, seeded(1, 'l'), 5);
  expect(same).toMatchObject({ size: 5, selection: 'with-replacement' });
  expect(same.alike.calls).toHaveLength(5);
  const unlike = libraryOf({ task: task(reading(9), { bucket: ({ id }) => id }), examples }, 1, seeded(1, 'l'));
  expect(unlike.alike.calls).toBeNull();
});

test('fewer examples than a call holds are asked again; none are refused', () => {
  expect(
    libraryOf({ task: task(reading(9)), examples: examples.slice(0, 3) }, 8, seeded(1, 'l')).examples[0],
  ).toHaveLength(8);
  expect(() => libraryOf({ task: task(reading(9)), examples: [] }, 1, seeded(1, 'l'))).toThrow(
    expect.objectContaining({ code: 'data/empty' }),
  );
});

test('with buckets, examples of similar length share calls, all of them still asked', () => {
  const library = libraryOf({ task: task(reading(9)), examples }, 5, seeded(1, 'l'), undefined, [1, 2]);
  expect(library.size).toBe(4);
  expect(new Set(library.examples.flat()).size).toBe(20);
  for (const call of library.examples) expect(new Set(call.map((i) => i % 2)).size).toBe(1);
});
