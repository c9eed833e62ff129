import type { BuildRecord, MetricSpec, TrialRecord } from '../../contracts/index.ts';
import type { Block, Cell, Column, Curve } from '../blocks.ts';
import { duration, fixed } from '../numbers.ts';
import { nounOf } from '../sections/words.ts';
import { capital, clip, listed, plural } from '../text.ts';
import type { View } from '../view.ts';
import { asideRows } from './left-aside.ts';
import {
  bestFirst,
  failuresOf,
  isSeen,
  looksOf,
  qualifies,
  readingOf,
  secondsOf,
  type Looks,
  type Reading,
  type Seen,
} from './looks.ts';

/** Which of some looks are on the Pareto front, with what probability, and where its knee is. */
export type FrontOf = (
  looks: readonly Seen['outcome'][],
) => readonly { readonly at: number; readonly chance: number; readonly knee: boolean }[];

/** Rows of the table of trials that stand outside of the fold. */
const shownTrials = 12;

interface Objective {
  readonly metric: MetricSpec;
  readonly reading: Reading;
}

const objectivesOf = (view: View, { search }: Looks): readonly (Objective | null)[] =>
  search.objectives.map((id) => {
    const metric = view.metrics.get(id);
    return metric === undefined ? null : { metric, reading: readingOf(metric) };
  });

const titleOf = (id: string, objective: Objective | null): string =>
  objective === null ? id : capital(nounOf(objective.metric));

const numberCell = (objective: Objective | null, value: number, error: number): Cell => {
  if (objective === null) return { kind: 'none' };
  const { reading } = objective;
  const { text, interval } = reading.shown(value, error);
  const ends = [reading.value(value - 1.96 * error), reading.value(value + 1.96 * error)];
  return {
    kind: 'number',
    text,
    interval,
    value: reading.value(value),
    low: Math.min(...ends),
    high: Math.max(...ends),
  };
};

const objectiveColumns = ({ search }: Looks, objectives: readonly (Objective | null)[]): Column[] =>
  search.objectives.map((id, at) => ({
    title: titleOf(id, objectives[at]!),
    ...(objectives[at] === null || objectives[at]!.reading.unit === '' ? {} : { unit: objectives[at]!.reading.unit }),
    align: 'end',
  }));

const conditionCell = ({ outcome }: Seen): Cell =>
  outcome.hopeless
    ? { kind: 'verdict', tone: 'fail', text: 'fail' }
    : outcome.misses === 0
      ? { kind: 'verdict', tone: 'pass', text: 'seem to hold' }
      : { kind: 'verdict', tone: 'undecided', text: `missed by ${fixed(outcome.misses * 100, 1)} %` };

const trialRow = ({ search }: Looks, objectives: readonly (Objective | null)[], trial: Seen): Cell[] => [
  { kind: 'text', text: trial.chain.id },
  { kind: 'text', text: search.rungs[trial.rung]?.name ?? String(trial.rung) },
  ...objectives.map((objective, at) =>
    numberCell(objective, trial.outcome.objectives[at] ?? Number.NaN, trial.outcome.errors[at] ?? 0),
  ),
  conditionCell(trial),
  {
    kind: 'number',
    text: fixed(secondsOf(trial), secondsOf(trial) < 10 ? 1 : 0),
    value: secondsOf(trial),
    low: secondsOf(trial),
    high: secondsOf(trial),
  },
];

const trialBlocks = (looks: Looks, objectives: readonly (Objective | null)[]): Block[] => {
  const best = bestFirst(looks.trials);
  const columns: Column[] = [
    { title: 'Version', align: 'start' },
    { title: 'Looked at', align: 'start' },
    ...objectiveColumns(looks, objectives),
    { title: 'Conditions', align: 'start' },
    { title: 'Took', unit: 's', align: 'end' },
  ];
  const table = (caption: string, rows: readonly Seen[], notes: readonly string[]): Block => ({
    kind: 'table',
    caption,
    columns,
    rows: rows.map((trial) => trialRow(looks, objectives, trial)),
    notes,
  });
  const failed = failuresOf(looks.trials);
  return [
    ...(best.length === 0
      ? []
      : [
          table('The versions that were tried, the most promising first', best.slice(0, shownTrials), [
            'Against the original, as the most thorough look at each saw it, with 95 % intervals. A look is short: what is told above was measured again, longer and on all data.',
            'Conditions: whether they seem to hold at this look; only the full weighing decides.',
          ]),
        ]),
    ...(best.length <= shownTrials
      ? []
      : [
          {
            kind: 'details' as const,
            title: `${plural(best.length - shownTrials, 'more version')} that ${best.length - shownTrials === 1 ? 'was' : 'were'} tried`,
            blocks: [table('The other versions that were tried', best.slice(shownTrials), [])],
          },
        ]),
    ...(failed.length === 0
      ? []
      : [
          {
            kind: 'details' as const,
            title: `${plural(failed.length, 'version')} that could not be looked at`,
            blocks: [
              {
                kind: 'table' as const,
                caption: 'Versions that could not be looked at',
                columns: [
                  { title: 'Version', align: 'start' as const },
                  { title: 'Why', align: 'start' as const, wide: true },
                ],
                rows: failed.map(({ id, reason }): Cell[] => [
                  { kind: 'text', text: id },
                  { kind: 'text', text: clip(reason, 400) },
                ]),
                notes: [],
              },
            ],
          },
        ]),
  ];
};

/** The best so far in the first objective against the time spent; null where nothing qualified or the metric is not known. */
export const curveOf = ({ trials }: Looks, objective: Objective | null): Curve | null => {
  if (objective === null) return null;
  const { metric, reading } = objective;
  const minutes = trials.reduce((sum, trial) => sum + secondsOf(trial), 0) >= 180;
  const unit = minutes ? 60 : 1;
  let spent = 0;
  let best = Number.POSITIVE_INFINITY;
  const dots: Curve['dots'][number][] = [];
  const steps: Curve['steps'][number][] = [];
  for (const trial of trials) {
    spent += secondsOf(trial) / unit;
    if (!isSeen(trial)) continue;
    const value = trial.outcome.objectives[0] ?? Number.NaN;
    if (!Number.isFinite(value)) continue;
    const dot = { x: spent, y: reading.value(value), name: trial.chain.id };
    dots.push({ ...dot, qualifies: qualifies(trial) });
    if (!qualifies(trial) || value >= best) continue;
    best = value;
    steps.push(dot);
  }
  const last = steps.at(-1);
  if (last === undefined || dots.length < 3) return null;
  const text = reading.shown(best, 0).text;
  return {
    kind: 'curve',
    title: `Best ${nounOf(metric)} so far`,
    description: `${plural(dots.length, 'look')} in ${duration(spent * unit)}; the best was found after ${duration(last.x * unit)}: ${last.name}, ${text}${reading.unit === '×' ? '×' : ` ${reading.unit}`}.`,
    x: { label: 'Time spent searching', unit: minutes ? 'min' : 's', better: null },
    y: {
      label:
        reading.unit === '×' ? `${capital(nounOf(metric))}, original = 1` : `${capital(nounOf(metric))} difference`,
      unit: reading.unit === '×' ? '' : reading.unit,
      better: metric.better === 'neither' ? null : metric.better === 'higher' ? 'high' : 'low',
    },
    dots,
    steps,
    end: spent,
  };
};

/** How much a rank correlation is worth, in plain words. */
const worthOf = (correlation: number): string =>
  correlation >= 0.8
    ? 'almost the same order'
    : correlation >= 0.5
      ? 'mostly the same order'
      : correlation >= 0.2
        ? 'roughly the same order'
        : correlation > -0.2
          ? 'no order that could be relied on'
          : 'rather the opposite order';

const foretoldItems = ({ search, explored }: Looks): string[] =>
  (explored?.rungs ?? []).flatMap(({ name, foretold, trials, seconds }, at) => {
    if (trials === 0) return [];
    const against = at === search.rungs.length - 1 ? 'the full weighing' : 'the last look';
    const cost = `${capital(name)}: ${plural(trials, 'look')} of ${seconds < 10 ? `${fixed(seconds, 1)} s` : duration(seconds)} on average`;
    return [
      foretold === null
        ? `${cost}; too few versions went on to say how well it foretold ${against}.`
        : `${cost}; it put ${foretold.versions} versions in ${worthOf(foretold.correlation)} as ${against} (rank correlation ${fixed(foretold.correlation, 2)}).`,
    ];
  });

const frontBlocks = (looks: Looks, objectives: readonly (Objective | null)[], frontOf: FrontOf): Block[] => {
  const good = bestFirst(looks.trials).filter(qualifies);
  const top = good.reduce((rung, one) => Math.max(rung, one.rung), 0);
  const pool = good.filter(({ rung }) => rung === top);
  const front = frontOf(pool.map(({ outcome }) => outcome)).slice(0, shownTrials);
  if (front.length < 2) return [];
  return [
    { kind: 'heading', level: 3, text: 'What cannot be had all at once' },
    {
      kind: 'table',
      caption: 'Versions that may be the best in some trade-off',
      columns: [
        { title: 'Version', align: 'start' },
        ...objectiveColumns(looks, objectives),
        { title: 'On the front', unit: '%', align: 'end' },
        { title: '', align: 'start' },
      ],
      rows: front.map(({ at, chance, knee }): Cell[] => {
        const { chain, outcome } = pool[at]!;
        return [
          { kind: 'text', text: chain.id, ...(knee ? { strong: true } : {}) },
          ...objectives.map((objective, index) =>
            numberCell(objective, outcome.objectives[index] ?? Number.NaN, outcome.errors[index] ?? 0),
          ),
          { kind: 'number', text: fixed(chance * 100, 0), value: chance, low: chance, high: chance },
          knee ? { kind: 'text', text: 'knee' } : { kind: 'text', text: '' },
        ];
      }),
      notes: [
        'On the front: how likely it is, given the errors of the looks, that nothing else that seems to meet the conditions is at least as good in everything that is preferred.',
        ...(front.some(({ knee }) => knee)
          ? ['Knee: the best compromise, nearest to the best of each column at once.']
          : []),
      ],
    },
  ];
};

/** Options of the searcher in words. */
const optionsText = (options: Readonly<Record<string, unknown>>): string => {
  const entries = Object.entries(options);
  return entries.length === 0
    ? ''
    : ` (${entries.map(([key, value]) => `${key} ${JSON.stringify(value)}`).join(', ')})`;
};

/** Builds of the run that were not made from the start: out of the cache, or from the middle of another chain. */
const buildsText = (builds: readonly BuildRecord[]): string | null => {
  const cached = builds.filter((one) => one.cached === true).length;
  const begun = builds.filter((one) => one.cached !== true && (one.begun?.steps ?? 0) > 0).length;
  if (builds.length === 0) return null;
  const parts = [
    ...(cached === 0 ? [] : [`${cached} came from the cache`]),
    ...(begun === 0 ? [] : [`${begun} went on from a beginning that they share with others`]),
  ];
  return `${plural(builds.length, 'version')}${parts.length === 0 ? ', each from the start' : `: ${listed(parts)}`}`;
};

const factBlocks = (view: View, looks: Looks): Block[] => {
  const { search, trials, explored } = looks;
  const spent = trials.reduce((sum, trial) => sum + secondsOf(trial), 0);
  const points = new Set(trials.map(({ point }) => point.join())).size;
  const failed = failuresOf(trials).length;
  const builds = buildsText(view.records.filter((record): record is BuildRecord => record.kind === 'build'));
  return [
    {
      kind: 'facts',
      items: [
        {
          label: 'Tried',
          value: `${plural(points, 'combination')} of ${plural(search.points, 'possible one')} in ${plural(trials.length, 'look')}${failed === 0 ? '' : `; ${failed} could not be built or did not run`}`,
        },
        {
          label: 'Searcher',
          value: `${search.searcher} version ${search.version}${optionsText(search.options)}`,
        },
        {
          label: 'Time',
          value: `${duration(spent)} (planned: ${duration(search.budgetSeconds)})${explored === null ? '; it had not ended' : explored.ended === 'time' ? '; it ended because the time was used up' : '; it ended because nothing more promised anything'}`,
        },
        ...(builds === null ? [] : [{ label: 'Built', value: builds }]),
        ...(explored === null || explored.finalists.length === 0
          ? []
          : [{ label: 'Weighed in full', value: listed(explored.finalists) }]),
      ],
    },
  ];
};

const spaceBlocks = ({ search }: Looks): Block[] => [
  {
    kind: 'details',
    title: `The space: ${plural(search.dimensions.length, 'choice')}, ${plural(search.points, 'combination')}`,
    blocks: [
      {
        kind: 'table',
        caption: 'What is decided, and what it can be',
        columns: [
          { title: 'Choice', align: 'start' },
          { title: 'Values', align: 'start', wide: true },
        ],
        rows: search.dimensions.map(({ title, values, when }): Cell[] => {
          const parent = when === undefined ? undefined : search.dimensions.find(({ id }) => id === when.dimension);
          const only =
            parent === undefined
              ? []
              : [`only where ${parent.title} is ${listed(when!.values.map((at) => parent.values[at] ?? String(at)))}`];
          return [
            { kind: 'text', text: title },
            { kind: 'text', text: values.join(' · '), ...(only.length === 0 ? {} : { detail: only }) },
          ];
        }),
        notes: [],
      },
    ],
  },
  ...(search.excluded.length === 0
    ? []
    : [
        { kind: 'heading' as const, level: 3 as const, text: 'What was not looked at' },
        {
          kind: 'table' as const,
          caption: 'Parts of the space that were left out, and why',
          columns: [
            { title: 'Why', align: 'start' as const, wide: true },
            { title: 'Combinations it keeps out', align: 'end' as const },
          ],
          rows: asideRows(search.excluded),
          notes: ['How many more there would be without this reason alone; some are kept out by several.'],
        },
      ]),
];

/** How the search went: what could be tried and what was not, the tries, the best over time, what cheap looks were worth. Nothing where there was
 *  no search. `frontOf` weighs the looks against each other. */
export const searchSection = (view: View, frontOf: FrontOf): Block[] => {
  const looks = looksOf(view.records);
  if (looks === null) return [];
  const objectives = objectivesOf(view, looks);
  const curve = curveOf(looks, objectives[0] ?? null);
  const foretold = foretoldItems(looks);
  return [
    { kind: 'heading', level: 2, text: 'How it was searched for', minor: true },
    ...factBlocks(view, looks),
    ...(curve === null ? [] : [curve]),
    ...trialBlocks(looks, objectives),
    ...frontBlocks(looks, objectives, frontOf),
    ...(foretold.length === 0
      ? []
      : [
          { kind: 'heading' as const, level: 3 as const, text: 'What short looks were worth' },
          { kind: 'list' as const, items: foretold },
        ]),
    ...spaceBlocks(looks),
  ];
};

/** Trials of the last search, for exports. */
export const trialsOf = (view: View): readonly TrialRecord[] => looksOf(view.records)?.trials ?? [];
