import type { ChoiceRecord, MetricSpec, SearchRecord, StoreRecord, TrialRecord } from '../contracts/index.ts';
import { duration } from './numbers.ts';
import { pad, widthOf } from './render/width.ts';
import { bestFirst, failuresOf, qualifies, readText, readingOf, secondsOf, type Seen } from './search/looks.ts';
import { nounOf } from './sections/words.ts';
import { plural, visible } from './text.ts';

/** What is remembered of a run that goes on; small, however long the run. */
export interface Live {
  readonly name: string;
  /** ISO 8601; null: not begun. */
  readonly startedAt: string | null;
  /** What the whole run may take, in seconds; null: not known. */
  readonly budgetSeconds: number | null;
  readonly built: number;
  readonly cached: number;
  readonly refused: number;
  readonly search: SearchRecord | null;
  readonly trials: readonly TrialRecord[];
  /** Evaluators of the full weighing that are done. */
  readonly weighed: readonly string[];
  /** What was finished last, and when. */
  readonly last: { readonly what: string; readonly at: string } | null;
  readonly choice: ChoiceRecord | null;
}

export const nothingYet: Live = {
  name: 'a run that has not begun',
  startedAt: null,
  budgetSeconds: null,
  built: 0,
  cached: 0,
  refused: 0,
  search: null,
  trials: [],
  weighed: [],
  last: null,
  choice: null,
};

const scenarioParts = (scenario: unknown): { name: string | null; minutes: number | null } => {
  const { name, budget } = (scenario ?? {}) as { name?: unknown; budget?: { minutes?: unknown } };
  return {
    name: typeof name === 'string' ? name : null,
    minutes: typeof budget?.minutes === 'number' ? budget.minutes : null,
  };
};

/** What a record adds. A run that is begun again begins the count again. */
export const follow = (live: Live, record: StoreRecord): Live => {
  const last = (what: string) => ({ what, at: record.at });
  switch (record.kind) {
    case 'run': {
      const { name, minutes } = scenarioParts(record.scenario);
      const called = name ?? record.scenarioFile;
      return {
        // Of many scenarios, the next one.
        ...(live.startedAt === null || live.name === called ? live : nothingYet),
        name: called,
        startedAt: record.at,
        budgetSeconds: minutes === null ? null : minutes * 60,
        choice: null,
      };
    }
    case 'build':
      return {
        ...live,
        ...(record.outcome.kind === 'built' ? { built: live.built + 1 } : { refused: live.refused + 1 }),
        cached: live.cached + (record.cached === true ? 1 : 0),
        last: last(`${record.outcome.kind === 'built' ? 'built' : 'could not build'} ${record.chain.id}`),
      };
    case 'search':
      return { ...live, search: record, trials: live.search?.key === record.key ? live.trials : [] };
    case 'trial':
      return record.search === live.search?.key
        ? { ...live, trials: [...live.trials, record], last: last(`looked at ${record.chain.id}`) }
        : live;
    case 'measure':
      return record.split === 'evaluation' || record.split === 'holdback'
        ? {
            ...live,
            weighed: [...new Set([...live.weighed, `${record.evaluator} ${record.split}`])],
            last: last(
              `weighed ${plural(Math.max(0, Object.keys(record.outcomes).length - 1), 'version')} with ${record.evaluator}`,
            ),
          }
        : live;
    case 'choice':
      return { ...live, choice: record, last: last('decided') };
    default:
      return live;
  }
};

/** At most `width` columns, with “…” where something is missing. */
export const fitted = (text: string, width: number): string => {
  const shown = visible(text);
  if (widthOf(shown) <= width) return shown;
  let line = '';
  for (const character of shown) {
    if (widthOf(line + character) > width - 1) break;
    line += character;
  }
  return `${line}…`;
};

const bar = (share: number, cells: number): string => {
  const full = Math.round(Math.min(1, Math.max(0, share)) * cells);
  return '━'.repeat(full) + '╌'.repeat(cells - full);
};

const objectiveTexts = (
  { outcome }: Seen,
  objectives: readonly string[],
  metrics: ReadonlyMap<string, MetricSpec>,
): string[] =>
  objectives.map((id, at) => {
    const metric = metrics.get(id);
    return metric === undefined
      ? '–'
      : readText(readingOf(metric), outcome.objectives[at] ?? Number.NaN, outcome.errors[at] ?? 0);
  });

const conditionText = (trial: Seen): string =>
  trial.outcome.hopeless ? 'a condition fails' : qualifies(trial) ? 'conditions seem to hold' : 'conditions missed';

/** Looks of which no other is better in everything. */
const frontOf = (looks: readonly Seen[]): readonly Seen[] =>
  looks.filter(
    ({ outcome }) =>
      !looks.some(
        (other) =>
          other.outcome.objectives.every((value, at) => value <= outcome.objectives[at]!) &&
          other.outcome.objectives.some((value, at) => value < outcome.objectives[at]!),
      ),
  );

const mostOfFront = 6;

const aligned = (rows: readonly (readonly string[])[]): string[] => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => widthOf(row[column] ?? ''))));
  return rows.map((row) =>
    row
      .map((cell, column) => pad(cell, widths[column]!))
      .join('  ')
      .trimEnd(),
  );
};

/** How much of the search's time is used, from 0; above 1 where it took longer. */
const spentShare = ({ trials }: Live, { budgetSeconds }: SearchRecord): number =>
  budgetSeconds === 0 ? 1 : trials.reduce((sum, trial) => sum + secondsOf(trial), 0) / budgetSeconds;

const titlesOf = ({ objectives }: SearchRecord, metrics: ReadonlyMap<string, MetricSpec>): readonly string[] =>
  objectives.map((id) => (metrics.has(id) ? nounOf(metrics.get(id)!) : id));

const looksText = ({ trials }: Live, share: number): string => {
  const failed = failuresOf(trials).length;
  return `${Math.round(Math.min(1, share) * 100)} % of the search’s time: ${plural(trials.length, 'look')} at ${plural(bestFirst(trials).length, 'version')}${failed === 0 ? '' : `, ${failed} failed`}`;
};

const bestText = (trial: Seen, search: SearchRecord, metrics: ReadonlyMap<string, MetricSpec>): string => {
  const titles = titlesOf(search, metrics);
  const told = objectiveTexts(trial, search.objectives, metrics).map((text, at) => `${titles[at]!} ${text}`);
  return `${trial.chain.id}: ${told.join(', ')}; ${conditionText(trial)}`;
};

/** How a run's search goes on, in one line that is safe to print; null: it does not search. */
export const searchLine = (live: Live, all: readonly MetricSpec[]): string | null => {
  const { search, trials } = live;
  if (search === null) return null;
  const [first] = bestFirst(trials);
  const metrics = new Map(all.map((metric) => [metric.id, metric]));
  const best = first === undefined ? '' : `; best so far ${bestText(first, search, metrics)}`;
  return visible(`${looksText(live, spentShare(live, search))}${best}`);
};

const searchLines = (live: Live, search: SearchRecord, metrics: ReadonlyMap<string, MetricSpec>, width: number) => {
  const share = spentShare(live, search);
  const best = bestFirst(live.trials);
  const titles = titlesOf(search, metrics);
  const lines = [`${bar(share, Math.min(24, Math.floor(width / 4)))}  ${looksText(live, share)}`];
  const [first] = best;
  if (first === undefined) return lines;
  lines.push(`best   ${bestText(first, search, metrics)}`);
  const front = frontOf(best.filter(qualifies));
  if (front.length < 2) return lines;
  const rows = front.slice(0, mostOfFront).map((trial) => objectiveTexts(trial, search.objectives, metrics));
  const table = aligned([titles, ...rows]);
  lines.push(`front  ${table[0]!}`);
  front
    .slice(0, mostOfFront)
    .forEach(({ chain }, at) => lines.push(`       ${pad(table[at + 1]!, widthOf(table[0]!))}  ${chain.id}`));
  if (front.length > mostOfFront) lines.push(`       and ${front.length - mostOfFront} more`);
  return lines;
};

/** A run that goes on as lines of at most `width` columns, safe to print: what was tried, the best so far, the front, what goes on, how long it
 *  may still take. `now` in milliseconds since 1970; `doing`: what goes on, where somebody knows better than the records. */
export const liveLines = (
  live: Live,
  all: readonly MetricSpec[],
  now: number,
  settings: { readonly width: number; readonly doing?: string | undefined },
): readonly string[] => {
  const metrics = new Map(all.map((metric) => [metric.id, metric]));
  const since = (at: string): number => Math.max(0, (now - Date.parse(at)) / 1000);
  const { choice, startedAt, budgetSeconds, last } = live;
  const head =
    startedAt === null
      ? live.name
      : choice !== null
        ? `${live.name}: decided after ${duration((Date.parse(choice.at) - Date.parse(startedAt)) / 1000)}`
        : `${live.name}: ${duration(since(startedAt))}${budgetSeconds === null ? '' : since(startedAt) < budgetSeconds ? `, about ${duration(budgetSeconds - since(startedAt))} left` : `, longer than the ${duration(budgetSeconds)} that were allowed`}`;
  const counts = [
    plural(live.built, 'version') + ' built',
    ...(live.cached === 0 ? [] : [`${live.cached} of them out of the cache`]),
    ...(live.refused === 0 ? [] : [`${live.refused} not possible`]),
    ...(live.weighed.length === 0 ? [] : [`${plural(live.weighed.length, 'weighing')} done`]),
  ];
  const lines = [
    head,
    counts.join(', '),
    ...(live.search === null ? [] : searchLines(live, live.search, metrics, settings.width)),
    choice === null
      ? `now    ${settings.doing ?? (last === null ? 'it begins' : `${last.what} ${duration(since(last.at))} ago`)}`
      : `chosen ${choice.chosen === null ? `none; ${choice.nearest ?? 'nothing'} comes closest` : choice.chosen === 'baseline' ? 'the original stays' : choice.chosen}${choice.confirmation === null ? '' : `; held-back data: ${choice.confirmation.verdict}`}`,
  ];
  return lines.map((line) => fitted(line, settings.width));
};

/** The same from all of a run's records. */
export const viewOfRun = (
  records: Iterable<StoreRecord>,
  metrics: readonly MetricSpec[],
  now: number,
  settings: { readonly width: number },
): readonly string[] => {
  let live = nothingYet;
  for (const record of records) live = follow(live, record);
  return liveLines(live, metrics, now, settings);
};
