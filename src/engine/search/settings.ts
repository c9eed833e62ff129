import {
  usableCores,
  type Machine,
  type Scenario,
  type SearchedSetting,
  type SessionOptions,
} from '../../contracts/index.ts';
import { batchDecision, batchSizes, type Batching } from './batches.ts';
import { bucketsInWords, bucketsTried, whenShared } from './buckets.ts';
import type { Decision } from './decisions.ts';

/** How a setting of the runtime is told. */
const words: { readonly [K in SearchedSetting]: (value: SessionOptions[K]) => string } = {
  intraOpThreads: (threads) => (threads === 1 ? '1 thread' : `${threads} threads`),
  batchSize: (requests) => (requests === 1 ? 'one request a call' : `batches of ${requests}`),
  sequenceBuckets: (lengths) => bucketsInWords(lengths ?? []),
  graphOptimization: (level) => `graph optimization ${level}`,
  executionMode: (mode) => `${mode} execution`,
  memoryArena: (on) => (on ? 'memory arena' : 'no memory arena'),
  memoryPattern: (on) => (on ? 'memory pattern' : 'no memory pattern'),
};

const titles: Readonly<Record<SearchedSetting, string>> = {
  intraOpThreads: 'Threads',
  batchSize: 'Batch size',
  sequenceBuckets: 'Sequence buckets',
  graphOptimization: 'Graph optimization',
  executionMode: 'Execution mode',
  memoryArena: 'Memory arena',
  memoryPattern: 'Memory pattern',
};

/** A session's settings in words: "2 threads, parallel execution". */
export const settingsInWords = (session: Partial<SessionOptions>): string =>
  (Object.keys(titles) as SearchedSetting[])
    .flatMap((setting) => {
      const value = session[setting];
      return value === undefined ? [] : [(words[setting] as (value: unknown) => string)(value)];
    })
    .join(', ');

/** More threads than this in one call seldom help one request, and starve its neighbors. */
const mostThreads = 4;

const threadCounts = (machine: Machine): readonly number[] =>
  Array.from({ length: Math.min(usableCores(machine), mostThreads) }, (_, index) => index + 1);

/** Operators that run beside each other need threads of their own. */
const besideEachOther: Partial<SessionOptions> = { interOpThreads: 2 };

const valueOf = (setting: SearchedSetting, value: unknown, usual: SessionOptions): Partial<SessionOptions> =>
  JSON.stringify(value) === JSON.stringify(usual[setting] ?? [])
    ? {}
    : { [setting]: value, ...(setting === 'executionMode' && value === 'parallel' ? besideEachOther : {}) };

/** Settings of the runtime as decisions: the number of threads, where the scenario's session does not fix it, batches, where the scenario wants
 *  what they gain, and what else the scenario asks for. `usual`: how versions run where nothing else is decided; it comes first. */
export const settingDecisions = (
  scenario: Pick<Scenario, 'session'> & Batching,
  machine: Machine,
  usual: SessionOptions,
): readonly Decision[] => {
  const { session, search } = scenario;
  const tried: { readonly [K in SearchedSetting]?: readonly unknown[] } = {
    ...(session.intraOpThreads === undefined ? { intraOpThreads: threadCounts(machine) } : {}),
    ...search.session,
    batchSize: batchSizes(scenario),
    sequenceBuckets: bucketsTried(scenario),
  };
  const decisions: Decision[] = [];
  for (const setting of Object.keys(titles) as SearchedSetting[]) {
    // How it runs anyway comes first, also where the user did not list it: the known versions run like that.
    const values = distinct([usual[setting] ?? [], ...(tried[setting] ?? [])]);
    if (values.length < 2) continue;
    decisions.push({
      id: `session/${setting}`,
      title: titles[setting],
      values: values.map((value) => (words[setting] as (value: unknown) => string)(value)),
      ordered:
        setting === 'intraOpThreads' ||
        (setting === 'batchSize' && values.every((value, at) => at === 0 || Number(value) > Number(values[at - 1]))),
      ...(setting === 'sequenceBuckets'
        ? whenShared(
            decisions.find(({ id }) => id === batchDecision),
            usual.batchSize ?? 1,
          )
        : {}),
      meaning: { kind: 'setting', setting, values: values.map((value) => valueOf(setting, value, usual)) },
    });
  }
  return decisions;
};

/** Lists are the same where what they hold is. */
const distinct = (values: readonly unknown[]): readonly unknown[] => [
  ...new Map(values.map((value) => [JSON.stringify(value), value])).values(),
];
