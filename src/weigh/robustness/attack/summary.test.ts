import { expect, test } from 'vitest';
import { tangoInterval, wilson } from '../../../statistics/index.ts';
import { summarize, type Siege } from './summary.ts';
import { bagContext } from './testing/bag.ts';
import type { Outcome } from './types.ts';

const outcome = (state: Outcome['state'], queries: number, changed = 0, words = 4): Outcome => ({
  state,
  text: { text: '' },
  words,
  changed,
  queries,
  before: { predicted: 1, danger: 0.1 },
  after: { predicted: 0, danger: 0.9 },
});
const from = (flags: string): boolean[] => [...flags].map((one) => one === 'x');
const all = (sets: Readonly<Record<string, string>>) =>
  new Map(Object.entries(sets).map(([id, flags]) => [id, from(flags)]));

/** Five items; "x" is broken. */
const siege = (more: Partial<Siege> = {}): Siege => ({
  items: 5,
  skipped: ['s1', 's2'],
  adaptive: all({ a: 'xx...', b: '.xx..' }),
  transfer: all({ a: 'x....', b: '.....' }),
  others: new Map(),
  finds: new Map([
    [
      'a',
      [
        outcome('succeeded', 9, 1),
        outcome('succeeded', 5, 2),
        outcome('failed', 20),
        outcome('failed', 8),
        outcome('failed', 8),
      ],
    ],
    [
      'b',
      [
        outcome('failed', 4),
        outcome('succeeded', 4, 4),
        outcome('succeeded', 4, 1),
        outcome('failed', 4),
        outcome('failed', 4),
      ],
    ],
    [
      'cut',
      [
        outcome('reduced', 7, 3),
        outcome('reduced', 7, 2),
        outcome('reduced', 7, 3),
        outcome('reduced', 7, 3),
        outcome('reduced', 7, 3),
      ],
    ],
  ]),
  notes: ['a note'],
  ...more,
});
const setting = { confidence: 0.95, maxQueries: 20, context: bagContext() };
const find = (measurements: ReturnType<typeof summarize>, metric: string, slice?: string) =>
  measurements.find((one) => one.metric === metric && one.slice === slice)!;

test('accuracy per attack, and under all of them; counts and skipped items are named', () => {
  const found = summarize(siege(), null, setting);
  expect(find(found, 'accuracy-under-attack', 'attack=a')).toMatchObject({
    value: 0.6,
    samples: 5,
    caveat: '2 succeeded, 3 failed, 2 skipped; 1 ended by the limit of queries',
    ...wilson(3, 5, 0.95),
  });
  expect(find(found, 'accuracy-under-attack')).toMatchObject({
    value: 0.4,
    caveat: '2 items are skipped, answered wrongly before any attack: s1, s2; a note',
  });
  expect(find(found, 'transfer-accuracy')).toMatchObject({ value: 0.8 });
  expect(find(found, 'transfer-accuracy', 'attack=b')).toMatchObject({ value: 1, high: 1 });
  expect(found.every(({ versus }) => versus === undefined)).toBe(true);
});

test('best known: broken by any text from anywhere', () => {
  const found = summarize(
    siege({ transfer: all({ a: '...x.', b: '.....' }), others: all({ a: '....x' }) }),
    null,
    setting,
  );
  expect(find(found, 'robust-accuracy-best-known').value).toBe(0);
});

test('queries over all items, words over successes, words that are left', () => {
  const found = summarize(siege(), null, setting);
  expect(find(found, 'attack-queries', 'attack=a')).toMatchObject({ value: 10, unit: 'count', samples: 5 });
  expect(find(found, 'attack-queries', 'attack=b')).toMatchObject({ value: 4, low: 4, high: 4 });
  expect(find(found, 'words-changed', 'attack=a')).toMatchObject({ value: 0.375, samples: 2 });
  expect(find(found, 'words-changed', 'attack=b')).toMatchObject({ value: 0.625 });
  expect(find(found, 'words-left')).toMatchObject({ value: 1.2, samples: 5 });
  expect(find(found, 'attack-queries', 'attack=cut')).toBeUndefined();
});

test('against the original by pairs on the same items', () => {
  const before = siege({ adaptive: all({ a: '..x..', b: '.....' }) });
  const { versus } = find(summarize(siege(), before, setting), 'accuracy-under-attack', 'attack=a');
  expect(versus).toMatchObject({
    kind: 'difference',
    value: expect.closeTo(-0.2, 12) as number,
    evidence: { kind: 'pairs', bothRight: 2, onlyBaselineRight: 2, onlyCandidateRight: 1, bothWrong: 0 },
    ...tangoInterval({ b: 2, c: 1, n: 5 }, 0.95),
  });
  const queries = find(summarize(siege(), siege(), setting), 'attack-queries', 'attack=a').versus;
  expect(queries).toMatchObject({ value: 0, low: 0, high: 0, evidence: { kind: 'bootstrap' } });
});

test('texts that did not hold when they were asked again count as failed', () => {
  const found = summarize(siege({ adaptive: all({ a: '.x...', b: '.....' }) }), null, setting);
  expect(find(found, 'accuracy-under-attack', 'attack=a').value).toBe(0.8);
  expect(find(found, 'words-changed', 'attack=a')).toMatchObject({ value: 0.5, samples: 1 });
  expect(find(found, 'words-changed', 'attack=b')).toBeUndefined();
});

test('without an item there is nothing to say', () => {
  expect(summarize(siege({ items: 0 }), null, setting)).toEqual([]);
});
