import { expect, test } from 'vitest';
import { defaultSearch } from '../../contracts/index.ts';
import { metrics } from '../../weigh/index.ts';
import { parseScenario } from './parse.ts';

const text = (more: string): string => `model: m
task: { type: text-classification }
data: { evaluation: e.jsonl }
${more}`;
const parsed = (more: string) => parseScenario('s.yaml', text(more), metrics);

test('a scenario that says nothing is searched with the defaults, and "none" tries what is known', async () => {
  expect((await parsed('')).search).toEqual(defaultSearch);
  for (const none of ['search: none', 'search: { searcher: none }'])
    expect((await parsed(none)).search).toEqual({ ...defaultSearch, searcher: null });
});

test('everything that a search can be told, keys as the code has them', async () => {
  const { search } = await parsed(`search:
  searcher: { halving: { keep-share: 0.5 } }
  share: 0.5
  finalists: 3
  techniques: [quantize/*, trim/vocabulary]
  layers: roles
  session: { threads: [1, 2], sequence-buckets: [[16, 32]], graph-optimization: [all], memory-arena: [true, false] }
  options: { quantize/blockwise: { block-size: ['32', '64'] } }`);
  expect(search).toEqual({
    searcher: 'halving',
    searcherOptions: { keepShare: 0.5 },
    share: 0.5,
    finalists: 3,
    techniques: ['quantize/*', 'trim/vocabulary'],
    layers: 'roles',
    session: {
      intraOpThreads: [1, 2],
      sequenceBuckets: [[16, 32]],
      graphOptimization: ['all'],
      memoryArena: [true, false],
    },
    values: { 'quantize/blockwise': { blockSize: ['32', '64'] } },
  });
});

test.each([
  ['search: { sharee: 0.5 }', /s\.yaml:4:\d+: unknown key "sharee" in search; did you mean "share"\?/],
  ['search: { share: 0 }', /s\.yaml:4:\d+: search\.share: /],
  ['search: { finalists: 0 }', /search\.finalists/],
  ['search: { layers: most }', /search\.layers.*none, roles, blocks/],
  ['search: { techniques: [] }', /search\.techniques/],
  ['search: { searcher: { tpe: {}, grid: {} } }', /search\.searcher: names one searcher/],
  ['search: { session: { threds: [1] } }', /unknown key "threds" in search\.session; did you mean "threads"\?/],
  ['search: { session: { sequence-buckets: [[32, 16]] } }', /sequence-buckets.*lengths in ascending order/],
  ['session: { sequence-buckets: [16, 16] }', /session\.sequence-buckets: lengths in ascending order/],
  ['budget: { minutes: 0 }', /s\.yaml:4:\d+: budget\.minutes: a run needs time: give it more than 0 minutes/],
])('%s is refused with place and words', async (more, message) => {
  await expect(parsed(more)).rejects.toMatchObject({
    code: 'scenario/invalid',
    message: expect.stringMatching(message) as string,
    hint: expect.any(String) as string,
  });
});

test.each([
  [
    '- { metric: accuracy, at-least: 90 % }\n  - { metric: accuracy, at-most: 80 % }',
    /s\.yaml:6:5: "accuracy" must be at least 0\.9 and at most 0\.8/,
  ],
  [
    '- { metric: accuracy, slice: a=b, at-most: 0.1 }\n  - { metric: accuracy, slice: a=b, at-least: 0.2 }',
    /"accuracy" of a=b must be/,
  ],
  [
    '- { metric: accuracy, at-least: 120 % }',
    /s\.yaml:5:5: no version can meet the condition on "accuracy": no share is above 100 %/,
  ],
  ['- { metric: size, better-by-at-least: 100 % }', /lowered by 100 % or more would be gone/],
  ['- { metric: accuracy, better-by-at-least: 101 pp }', /differ by 100 percentage points at most/],
  ['- { metric: size, at-most: -1 MB }', /never below 0/],
])('conditions that nothing can meet: %s', async (gates, message) => {
  await expect(parsed(`must:\n  ${gates}`)).rejects.toMatchObject({
    code: 'scenario/contradiction',
    message: expect.stringMatching(message) as string,
    hint: expect.any(String) as string,
  });
});

test('conditions of different slices, and a range, are no contradiction', async () => {
  const { must } = await parsed(`must:
  - { metric: accuracy, slice: a=b, at-most: 0.8 }
  - { metric: accuracy, slice: a=c, at-least: 0.9 }
  - { metric: accuracy, at-least: 0.5 }
  - { metric: accuracy, at-most: 0.5 }
  - { metric: throughput, better-by-at-least: 150 % }`);
  expect(must).toHaveLength(5);
});
