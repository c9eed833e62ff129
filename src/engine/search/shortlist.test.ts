import { expect, test } from 'vitest';
import type { Chain, TrialOutcome, TrialRecord } from '../../contracts/index.ts';
import { familyOf } from '../choose/rescue.ts';
import type { ChainSpace } from './chain-space.ts';
import type { Explored } from './explore.ts';
import { shortlist, unmet } from './shortlist.ts';

const chain = (...techniques: string[]): Chain => ({
  id: techniques.join(' + '),
  steps: techniques.map((technique) => ({ technique, options: {} })),
  session: {},
});
const chains = [
  chain('quantize/dynamic'),
  chain('quantize/float16-storage'),
  chain('trim/vocabulary', 'quantize/dynamic'),
  chain('quantize/static', 'quantize/embedding'),
];
/** One chain a point; the first value is the original. */
const space: ChainSpace = {
  space: {
    dimensions: [
      { id: 'chain', title: 'Version', values: ['the original', ...chains.map(({ id }) => id)], ordered: false },
    ],
    excluded: ([at]) => (at === 0 ? 'it is the original itself' : null),
  },
  seeds: chains.map((_, index) => [index + 1]),
  points: chains.length,
  excluded: [{ reason: 'it is the original itself', points: 1 }],
  chainOf: ([at]) => chains[at! - 1]!,
};
const looked = (objective: number, misses = 0, hopeless = false): TrialOutcome => ({
  kind: 'looked',
  objectives: [objective],
  errors: [0],
  misses,
  hopeless,
});
const explored = (outcomes: readonly TrialOutcome[]): Explored => {
  const trials = outcomes.map((outcome, at): TrialRecord => ({
    kind: 'trial',
    key: '',
    at: '',
    seconds: 1,
    search: '',
    point: [at + 1],
    rung: 0,
    chain: chains[at]!,
    outcome,
    batch: 0,
  }));
  const problem = {
    space: space.space,
    seeds: space.seeds,
    objectives: ['size'],
    rungs: [{ name: 'all', cost: 1 }],
    seconds: 10,
    width: 4,
    seed: 1,
  };
  return { problem, search: {} as never, trials, ended: 'done' };
};

test('the best combination is weighed beside the best single techniques', () => {
  const ids = shortlist(explored([looked(-1), looked(-0.5), looked(-2)]), space, 1).map(({ id }) => id);
  expect(ids).toEqual(['trim/vocabulary + quantize/dynamic', 'quantize/dynamic', 'quantize/float16-storage']);
});

test('hopeless single techniques are not weighed again', () => {
  const ids = shortlist(explored([looked(-1, 3, true), looked(-0.5), looked(-2)]), space, 1).map(({ id }) => id);
  expect(ids).toEqual(['trim/vocabulary + quantize/dynamic', 'quantize/float16-storage']);
});

test('where nothing was looked at, what is known to pay is weighed', () => {
  expect(shortlist(explored([]), space, 2).map(({ id }) => id)).toEqual([
    'quantize/dynamic',
    'quantize/float16-storage',
  ]);
});

test('a family is mended only where none of it seems to meet the conditions, the simplest chain first', () => {
  const failed: TrialOutcome = { kind: 'failed', reason: 'its outputs differ' };
  const { trials } = explored([looked(-1, 2), looked(-0.5), looked(-2, 1), failed]);
  expect(unmet(trials, familyOf).map(({ id }) => id)).toEqual([
    'quantize/dynamic',
    'trim/vocabulary + quantize/dynamic',
    'quantize/static + quantize/embedding',
  ]);
  const met = explored([looked(-1, 2), looked(-0.5), looked(-2, 0), failed]);
  expect(unmet(met.trials, familyOf).map(({ id }) => id)).toEqual(['quantize/static + quantize/embedding']);
});
