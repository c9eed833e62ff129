import { expect, test } from 'vitest';
import type { Feeds } from '../../contracts/index.ts';
import { seeded } from '../../statistics/index.ts';
import { usualRates } from './augment.ts';
import { ahead, courseOf, lessonCount, type Course } from './lessons.ts';
import { labelWeights, rightLabels, teacherScores } from './objective.ts';
import { toyLearning, toyRows, toyText } from './testing/toy.ts';
import { collectWords } from './words.ts';

/** Scores that tell which tokens were asked for: their sum. */
const asked: Feeds[] = [];
const teacher: Course['teacher'] = {
  ask: (feeds) => {
    asked.push(feeds);
    const { dims, data } = feeds['input_ids']!;
    const [rows = 0, width = 0] = dims;
    const scores = Float32Array.from({ length: rows * 3 }, (_, i) => {
      let sum = 0;
      for (let at = 0; at < width; at++) sum += Number((data as BigInt64Array)[Math.floor(i / 3) * width + at]);
      return sum + (i % 3);
    });
    return Promise.resolve({ logits: { dtype: 'float32', dims: [rows, 3], data: scores } });
  },
  close: () => Promise.resolve(),
};
const labels = (row: number): number | null => (row % 2 === 0 ? row % 3 : null);
const train = toyRows(20, 'lessons', labels);
const learning = toyLearning({ train });
const sums = Array.from({ length: 20 }, (_, row) => train.tokens(row)!.reduce((a, b) => a + b));
const course = (changes: Partial<Course> = {}): Course => ({
  learning,
  batchSize: 8,
  augment: 2,
  words: collectWords(
    Array.from({ length: 20 }, (_, row) => train.tokens(row)!),
    toyText,
    null,
  ),
  rates: usualRates,
  teacher,
  output: 'logits',
  classes: 3,
  inner: new Map(),
  scores: Float32Array.from({ length: 60 }, (_, i) => sums[Math.floor(i / 3)]! + (i % 3)),
  ...changes,
});
const epoch = async (one: Course, number = 0) => {
  const lessons = [];
  for await (const lesson of courseOf(one)(number, seeded(1, `epoch ${number}`))) lessons.push(lesson);
  return lessons;
};

test('every row once, and as many changed texts as asked for', async () => {
  const lessons = await epoch(course());
  expect(lessons).toHaveLength(lessonCount(20, 8, 2));
  expect(lessons.reduce((sum, { examples }) => sum + examples, 0)).toBe(60);
  let known = 0;
  for (const { feeds, examples, tokens } of lessons) {
    const scores = feeds[teacherScores]!.data as Float32Array;
    const { dims, data } = feeds['input_ids']!;
    const weights = feeds[labelWeights]!.data as Float32Array;
    const right = feeds[rightLabels]!.data as BigInt64Array;
    let real = 0;
    for (let row = 0; row < examples; row++) {
      const ids = (data as BigInt64Array).slice(row * dims[1]!, (row + 1) * dims[1]!);
      // The teacher answered for just this text.
      expect(scores[row * 3]).toBe(ids.reduce((sum, id) => sum + Number(id), 0));
      expect(weights[row]).toBe(right[row] === -1n ? 0 : 1);
      known += weights[row]!;
      real += ids.filter((id) => id !== 0n).length;
    }
    expect(tokens).toBe(real);
  }
  expect(known).toBe(10);
});

test('known scores are not asked for again; inner values always are', async () => {
  asked.length = 0;
  await epoch(course({ augment: 0 }));
  expect(asked).toHaveLength(0);
  const lessons = await epoch(course({ augment: 0, inner: new Map([['logits', 'inner input']]) }));
  expect(asked).toHaveLength(3);
  for (const { feeds } of lessons) expect(feeds['inner input']).toEqual(feeds[teacherScores]);
});

test('the same epoch gives the same lessons, another one others', async () => {
  const first = await epoch(course());
  expect(await epoch(course())).toEqual(first);
  expect(await epoch(course(), 1)).not.toEqual(first);
});

test('one item ahead, in order, and errors where their item would be', async () => {
  let made = 0;
  async function* source(): AsyncGenerator<number> {
    for (let i = 0; i < 4; i++) {
      made++;
      await Promise.resolve();
      if (i === 3) throw new Error('third');
      yield i;
    }
  }
  const seen: number[] = [];
  await expect(
    (async () => {
      for await (const item of ahead(source())) {
        await new Promise((done) => setTimeout(done, 2));
        expect(made).toBe(item + 2);
        seen.push(item);
      }
    })(),
  ).rejects.toThrow('third');
  expect(seen).toEqual([0, 1, 2]);
});

test('whoever stops early stops the maker', async () => {
  let closed = false;
  async function* source(): AsyncGenerator<number> {
    try {
      for (let i = 0; ; i++) {
        await Promise.resolve();
        yield i;
      }
    } finally {
      closed = true;
    }
  }
  for await (const item of ahead(source())) if (item === 2) break;
  expect(closed).toBe(true);
});
