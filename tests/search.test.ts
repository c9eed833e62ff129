import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Point, Store, TrialRecord } from '../src/contracts/index.ts';
import { searchers } from '../src/decide/index.ts';
import { openRun } from '../src/engine/run/open-run.ts';
import { prepare } from '../src/engine/run/prepare.ts';
import type { ChainSpace } from '../src/engine/search/chain-space.ts';
import { explore, type Explored } from '../src/engine/search/explore.ts';
import { shortlist } from '../src/engine/search/shortlist.ts';
import { openStore } from '../src/records/index.ts';
import { findingsOf } from './crew.ts';
import { remove, temporary, tinyJob } from './tiny.ts';

let folder: string;
let scenario: string;
beforeAll(async () => {
  folder = await temporary();
  ({ scenario } = await tinyJob(join(folder, 'job'), {
    rows: 160,
    must: '  - { metric: accuracy, worse-by-at-most: 10 pp }',
  }));
});
afterAll(() => remove(folder));

const tidy = { technique: 'fuse/drop-identity', options: {} };
/** How weights are stored: as they are, small in two ways, or in a way that the model refuses. */
const stored = [
  null,
  { technique: 'quantize/dynamic', options: {} },
  { technique: 'quantize/float16-storage', options: {} },
  { technique: 'prune/layers', options: {} },
];

/** Every combination of tidying up and storing weights. */
const space: ChainSpace = {
  space: {
    dimensions: [
      { id: 'tidy', title: 'Tidy up', values: ['no', 'yes'], ordered: false },
      { id: 'stored', title: 'Weights', values: ['as they are', 'int8', 'float16', 'fewer layers'], ordered: false },
    ],
    excluded: (point) => (point.every((value) => value === 0) ? 'it is the original itself' : null),
  },
  seeds: [
    [1, 0],
    [0, 1],
  ],
  points: 8,
  excluded: [{ reason: 'it is the original itself', points: 1 }],
  chainOf: ([first, second]: Point) => {
    const weights = stored[second!]!;
    const steps = [...(first === 1 ? [tidy] : []), ...(weights === null ? [] : [weights])];
    return { id: steps.map(({ technique }) => technique).join(' + '), steps, session: {} };
  },
};

const grid = searchers.find(({ id }) => id === 'grid')!;

/** Search in a run of its own; `stop` ends it after so many trials, as if it were killed. */
const search = async (run: string, seconds: number, stop = Number.POSITIVE_INFINITY): Promise<Explored | null> => {
  const at = join(folder, run);
  const store = await openStore(at);
  const stopped = new AbortController();
  let trials = 0;
  const counting: Store = Object.create(store, {
    append: {
      value: async (record: TrialRecord): Promise<void> => {
        await store.append(record);
        if (record.kind === 'trial' && ++trials === stop) stopped.abort();
        if (trials >= stop) throw new Error('killed');
      },
    },
  }) as Store;
  const prepared = await prepare({ scenario });
  const opened = await openRun(prepared, { folder: at, store: counting, signal: stopped.signal });
  try {
    const workshop = await opened.workshop();
    return await explore(workshop, space, { searcher: grid, options: {}, seconds, trainingSeconds: 0 });
  } catch (error) {
    if (stop === Number.POSITIVE_INFINITY) throw error;
    return null;
  } finally {
    await opened.close();
    await store.close();
  }
};

const told = (explored: Explored | null) =>
  explored!.trials.map(({ point, rung, batch, outcome }) => ({ point, rung, batch, outcome }));

/** Keys of everything that was found out and does not hang on time: what is there twice was found out again. */
const foundIn = async (run: string): Promise<readonly string[]> => {
  const store = await openStore(join(folder, run), { readOnly: true });
  try {
    const { found, times } = await findingsOf(store);
    return found.filter((key) => !times.includes(key));
  } finally {
    await store.close();
  }
};

test('a combination is found that is better than every single technique, what cannot be built is an outcome, and a killed search goes on as if nothing had happened', async () => {
  const whole = await search('whole', 300);
  const { trials, ended } = whole!;
  expect(ended).toBe('done');
  expect(trials.map(({ point }) => point.join())).toHaveLength(7);

  const sizes = new Map(
    trials.flatMap(({ point, outcome }) =>
      outcome.kind === 'looked' && outcome.misses === 0 ? [[point.join(), outcome.objectives[0]!] as const] : [],
    ),
  );
  const best = [...sizes].toSorted((a, b) => a[1] - b[1])[0]!;
  expect(best[0]).toBe('1,1');
  for (const single of ['1,0', '0,1', '0,2']) expect(best[1]).toBeLessThan(sizes.get(single)!);
  const chains = shortlist(whole!, space, 2).map(({ id }) => id);
  expect(chains[0]).toBe('fuse/drop-identity + quantize/dynamic');
  // Single techniques are weighed beside the combination.
  expect(chains).toContain('quantize/dynamic');

  const refused = trials.find(({ point }) => point.join() === '0,3')!;
  expect(refused.outcome).toMatchObject({ kind: 'failed', reason: expect.any(String) as string });

  // Killed within the second batch.
  expect(await search('killed', 300, 5)).toBeNull();
  expect(told(await search('killed', 300))).toEqual(told(whole));
  expect(await foundIn('killed')).toEqual(await foundIn('whole'));
});

test('the time is kept: no batch begins after it is used up', async () => {
  const short = await search('short', 0.001);
  expect(short!.ended).toBe('time');
  expect(new Set(short!.trials.map(({ batch }) => batch)).size).toBe(1);
});
