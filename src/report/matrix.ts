import type { ChoiceRecord, Measurement, MetricSpec, Verdict } from '../contracts/index.ts';
import type { Block, Cell } from './blocks.ts';
import { changeShown } from './sections/phrases.ts';
import { nounOf } from './sections/words.ts';
import { capital, listed } from './text.ts';
import { baselineId } from './view.ts';

/** One scenario of many: what was decided, and what was measured of every version. */
export interface MatrixRow {
  readonly scenario: string;
  /** Metric ids, the most wanted first. */
  readonly prefer: readonly string[];
  readonly choice: ChoiceRecord;
  /** Version id → measurements on the evaluation data. */
  readonly measured: ReadonlyMap<string, readonly Measurement[]>;
}

const words: Readonly<Record<Verdict, string>> = { pass: 'PASS', fail: 'FAIL', undecided: 'UNDECIDED' };
const original = 'original';
const nameOf = (id: string): string => (id === baselineId ? original : id);

/** Versions that won somewhere, the original first. */
export const columnsOf = (rows: readonly MatrixRow[]): readonly string[] => [
  baselineId,
  ...new Set(rows.flatMap(({ choice: { chosen } }) => (chosen === null || chosen === baselineId ? [] : [chosen]))),
];

const verdictOf = ({ choice }: MatrixRow, id: string): Verdict | null =>
  id === baselineId
    ? choice.chosen === baselineId
      ? 'pass'
      : null
    : (choice.candidates.find((one) => one.id === id)?.verdict ?? null);

const firstOf = (
  { measured, prefer }: MatrixRow,
  id: string,
  metrics: ReadonlyMap<string, MetricSpec>,
): { readonly metric: MetricSpec; readonly one: Measurement } | null => {
  const metric = metrics.get(prefer[0] ?? '');
  const one = measured.get(id)?.find((own) => own.metric === prefer[0] && own.slice === undefined);
  return metric === undefined || one === undefined ? null : { metric, one };
};

const changeText = (found: ReturnType<typeof firstOf>): string => {
  if (found?.one.versus === undefined) return '';
  const { shown, unit } = changeShown(found.metric, found.one.versus, null);
  return ` ${shown.text}${unit}${shown.interval === undefined ? '' : ` ${shown.interval}`}`;
};

const cellOf = (row: MatrixRow, id: string, metrics: ReadonlyMap<string, MetricSpec>): Cell => {
  const best = row.choice.chosen === id ? '★ ' : '';
  const verdict = verdictOf(row, id);
  if (id === baselineId) return { kind: 'text', text: best === '' ? '–' : `${best}stays`, strong: best !== '' };
  if (verdict === null) return { kind: 'none' };
  return { kind: 'verdict', tone: verdict, text: `${best}${words[verdict]}${changeText(firstOf(row, id, metrics))}` };
};

/** What a version gives away against a row's best in the row's first preferred metric, as a share; null: not comparable. */
const costOf = (row: MatrixRow, id: string, metrics: ReadonlyMap<string, MetricSpec>): number | null => {
  const { chosen } = row.choice;
  if (chosen === null) return null;
  const metric = metrics.get(row.prefer[0] ?? '');
  if (metric?.versus !== 'ratio') return null;
  const of = (one: string): number | undefined =>
    one === baselineId ? 1 : firstOf(row, one, metrics)?.one.versus?.value;
  const [mine, best] = [of(id), of(chosen)];
  if (mine === undefined || best === undefined || !(best > 0) || !(mine > 0)) return null;
  return metric.better === 'higher' ? best / mine - 1 : mine / best - 1;
};

/** One version for all scenarios, as a sentence. */
export const oneForAll = (rows: readonly MatrixRow[], metrics: ReadonlyMap<string, MetricSpec>): string => {
  const judged = columnsOf(rows)
    .filter((id) => id !== baselineId)
    .map((id) => ({
      id,
      passes: rows.filter((row) => verdictOf(row, id) === 'pass').length,
      worst: Math.max(0, ...rows.map((row) => costOf(row, id, metrics) ?? 0)),
    }))
    .toSorted((a, b) => b.passes - a.passes || a.worst - b.worst || (a.id < b.id ? -1 : 1));
  const [best] = judged;
  if (best === undefined) return 'No version qualifies in any scenario, so there is none for all of them.';
  if (best.passes < rows.length)
    return `No version meets the conditions of every scenario. ${best.id} meets those of ${best.passes} of ${rows.length}: not ${listed(rows.filter((row) => verdictOf(row, best.id) !== 'pass').map(({ scenario }) => scenario))}.`;
  const costs = rows.flatMap((row) => {
    const cost = costOf(row, best.id, metrics);
    const metric = metrics.get(row.prefer[0] ?? '');
    return cost === null || metric === undefined || row.choice.chosen === best.id
      ? []
      : [
          `${row.scenario}: ${(Math.abs(cost) * 100).toFixed(0)} % ${cost > 0 ? 'worse' : 'better'} in ${nounOf(metric)} than its best`,
        ];
  });
  return `One version for all: ${best.id}. ${costs.length === 0 ? 'It is the best everywhere.' : `Against the best of each: ${costs.join('; ')}.`}`;
};

/** Scenario × version as blocks: who is best where, why, and what one version for all would cost. */
export const matrixBlocks = (rows: readonly MatrixRow[], all: readonly MetricSpec[]): readonly Block[] => {
  const metrics = new Map(all.map((metric) => [metric.id, metric]));
  const columns = columnsOf(rows);
  const sentence = oneForAll(rows, metrics);
  const everywhere = rows.every(({ choice }) => choice.chosen !== null);
  return [
    { kind: 'heading', level: 1, text: 'Which version where', kicker: listed(rows.map(({ scenario }) => scenario)) },
    { kind: 'callout', tone: everywhere ? 'pass' : 'undecided', title: sentence, text: [] },
    {
      kind: 'table',
      caption: 'Scenarios and versions',
      columns: [
        { title: 'Scenario', align: 'start' },
        { title: 'By', align: 'start' },
        ...columns.map((id) => ({ title: capital(nameOf(id)), align: 'start' as const })),
      ],
      rows: rows.map((row): Cell[] => {
        const metric = metrics.get(row.prefer[0] ?? '');
        return [
          { kind: 'text', text: row.scenario },
          metric === undefined ? { kind: 'none' } : { kind: 'text', text: nounOf(metric) },
          ...columns.map((id) => cellOf(row, id, metrics)),
        ];
      }),
      notes: [
        '★ the best of its row. Each cell: whether the version meets every condition of that scenario, and how what the scenario prefers most (By) changes against the original, with its interval. –: not weighed there.',
      ],
    },
    { kind: 'heading', level: 2, text: 'Why' },
    {
      kind: 'list',
      items: rows.map(
        ({ scenario, choice: { chosen, nearest, why } }) =>
          `${scenario}: ${chosen === null ? `no version${nearest === null ? '' : `; ${nearest} comes closest`}` : nameOf(chosen)}. ${why.map((one) => capital(one).replace(/[.]?$/, '.')).join(' ')}`,
      ),
    },
  ];
};
