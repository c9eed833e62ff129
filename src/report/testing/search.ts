import type { ExploredRecord, SearchRecord, StoreRecord, TrialOutcome, TrialRecord } from '../../contracts/index.ts';
import { fixture, type Ending } from './fixture.ts';

const base = (name: string, seconds: number, minute: number) => ({
  key: `sha256:${Buffer.from(name).toString('hex').padEnd(64, '0').slice(0, 64)}`,
  at: new Date(Date.UTC(2026, 2, 2, 9, 30 + minute)).toISOString(),
  seconds,
});

export const search: SearchRecord = {
  ...base('search', 0, 0),
  kind: 'search',
  searcher: 'halving',
  version: 2,
  options: { eta: 3 },
  dimensions: [
    { id: 'products', title: 'Products', values: ['as they are', 'int8', '4 bits'], ordered: false },
    {
      id: 'products/channel',
      title: 'One scale a channel',
      values: ['no', 'yes'],
      ordered: true,
      when: { dimension: 'products', values: [1] },
    },
    { id: 'tables', title: 'Tables', values: ['as they are', 'int8'], ordered: false },
  ],
  points: 8,
  excluded: [{ reason: 'float16 gains no speed on this CPU', points: 2 }],
  objectives: ['latency-p50', 'size'],
  rungs: [
    { name: 'a few rows', cost: 0.2 },
    { name: 'all rows', cost: 1 },
  ],
  budgetSeconds: 600,
};

const looked = (speed: number, size: number, misses = 0, hopeless = false): TrialOutcome => ({
  kind: 'looked',
  objectives: [Math.log(speed), Math.log(size)],
  errors: [0.03, 0],
  misses,
  hopeless,
});

const trial = (at: number, id: string, rung: number, seconds: number, outcome: TrialOutcome): TrialRecord => ({
  ...base(`trial ${at}`, seconds, at),
  kind: 'trial',
  search: search.key,
  point: [at % 3, 0, at % 2],
  rung,
  chain: { id, steps: [], session: {} },
  outcome,
  batch: at >> 2,
});

export const trials: readonly TrialRecord[] = [
  trial(0, 'quantize/dynamic', 0, 21, looked(0.66, 0.4)),
  trial(1, 'quantize/dynamic + quantize/embedding', 0, 24, looked(0.61, 0.26)),
  trial(2, 'quantize/blockwise', 0, 30, looked(0.9, 0.2, 0.031)),
  trial(3, '<b>prune</b>/layers', 0, 18, { kind: 'failed', reason: 'the graph has no block\nto take out' }),
  trial(4, 'prune/structured + quantize/dynamic', 0, 64, looked(0.38, 0.19, 0.4, true)),
  trial(5, 'quantize/dynamic', 1, 40, looked(0.64, 0.4)),
  trial(6, 'quantize/dynamic + quantize/embedding', 1, 42, looked(0.63, 0.26)),
  trial(7, 'distill/student + quantize/dynamic', 1, 55, looked(0.2, 0.3)),
];

export const explored: ExploredRecord = {
  ...base('explored', 294, 9),
  kind: 'explored',
  search: search.key,
  ended: 'done',
  trials: trials.length,
  finalists: ['distill/student + quantize/dynamic', 'quantize/dynamic'],
  rungs: [
    { name: 'a few rows', trials: 5, seconds: 31.4, foretold: { correlation: 0.83, versions: 4 } },
    { name: 'all rows', trials: 3, seconds: 45.7, foretold: null },
  ],
};

/** The records of a run that searched. */
export const searchFixture = (ending: Ending = 'chosen'): StoreRecord[] => {
  const [run, ...rest] = fixture(ending);
  return [run!, search, ...trials, explored, ...rest];
};
