import type { Gate, Machine, MetricSpec, Scenario } from '../../contracts/index.ts';
import type { Block, Cell } from '../blocks.ts';
import { capital, listed, plural } from '../text.ts';
import { baselineId, percentOf } from '../view.ts';
import { conditionText, nounOf } from './phrases.ts';

/** What a decision from a run's records rests on. */
export interface WhatIfFacts {
  /** The run's folder. */
  readonly run: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** What the run had chosen; null: nothing. */
  readonly before: string | null;
  /** By what the run was decided, and by what it is now. */
  readonly was: Scenario;
  readonly is: Scenario;
  /** Where the numbers were taken, and whether that is this machine. */
  readonly machine: Machine;
  readonly here: boolean;
  /** Versions that take part, and those that were built but never weighed in full. */
  readonly versions: number;
  readonly unweighed: number;
  readonly reused: readonly { readonly evaluator: string; readonly metrics: readonly string[]; readonly at: string }[];
  readonly derived: readonly string[];
  readonly missing: readonly { readonly metric: string; readonly evaluator: string | null; readonly why: string }[];
  /** The chosen version, when the run never tested it on held-back data. */
  readonly unconfirmed: string | null;
  readonly notes: readonly string[];
  /** The command that measures what is missing. */
  readonly measure: string;
  /** The other scenario's file; null: single changes to the run's own. */
  readonly file: string | null;
}

const nameOf = (id: string | null): string => (id === null ? 'no version' : id === baselineId ? 'the original' : id);

const timeOf = (at: string): string => at.replace('T', ' ').replace(/:\d\d(\.\d+)?Z$/, ' UTC');

const subjectOf = ({ metric, slice }: Gate): string => JSON.stringify([metric, slice ?? null]);

/** How the new conditions differ from the old, one line each. */
export const changesBetween = (was: Scenario, is: Scenario, metrics: ReadonlyMap<string, MetricSpec>): string[] => {
  const currency = is.price?.currency ?? null;
  const text = (gate: Gate): string => conditionText(gate, metrics.get(gate.metric), currency);
  const limit = (gate: Gate): string => text(gate).replace(/^.*?: /, '');
  const lines: string[] = [];
  for (const gate of is.must) {
    const old = was.must.find((one) => subjectOf(one) === subjectOf(gate));
    if (old === undefined) lines.push(`New: ${text(gate)}`);
    else if (text(old) !== text(gate)) lines.push(`${text(gate)} (it was: ${limit(old)})`);
  }
  for (const gate of was.must)
    if (!is.must.some((one) => subjectOf(one) === subjectOf(gate))) lines.push(`Let go: ${text(gate)}`);
  const wanted = (ids: readonly string[]): string =>
    listed(ids.map((id) => (metrics.has(id) ? nounOf(metrics.get(id)!) : id)));
  if (was.prefer.join() !== is.prefer.join())
    lines.push(`Preferred: ${wanted(is.prefer)} (it was: ${wanted(was.prefer)})`);
  if (was.confidence !== is.confidence)
    lines.push(`Confidence: ${percentOf(is.confidence)} (it was: ${percentOf(was.confidence)})`);
  return lines;
};

const reusedTable = ({ reused }: WhatIfFacts, metrics: ReadonlyMap<string, MetricSpec>): Block => ({
  kind: 'table',
  caption: 'Numbers that are used again',
  minor: true,
  columns: [
    { title: 'Evaluator', align: 'start' },
    { title: 'For conditions and preferences', align: 'start', wide: true },
    { title: 'Measured', align: 'start' },
  ],
  rows: reused.map(({ evaluator, metrics: ids, at }): Cell[] => [
    { kind: 'text', text: evaluator },
    ids.length === 0
      ? { kind: 'none' }
      : { kind: 'text', text: listed(ids.map((id) => (metrics.has(id) ? nounOf(metrics.get(id)!) : id))) },
    { kind: 'text', text: timeOf(at) },
  ]),
  notes: [],
});

const missingBlocks = (facts: WhatIfFacts, metrics: ReadonlyMap<string, MetricSpec>): Block[] => {
  const { missing, file, measure } = facts;
  if (missing.length === 0) return [];
  const gated = new Set(facts.is.must.map(({ metric }) => metric));
  return [
    {
      kind: 'callout',
      tone: 'undecided',
      title: `${plural(missing.length, 'metric')} of the conditions and preferences ${missing.length === 1 ? 'is' : 'are'} not in the run`,
      text: [
        ...missing.map(
          ({ metric, evaluator, why }) =>
            `${capital(metrics.has(metric) ? nounOf(metrics.get(metric)!) : metric)}${evaluator === null ? '' : ` (${evaluator})`}: ${why}. ${gated.has(metric) ? 'A condition on it stays undecided.' : 'It decides nothing.'}`,
        ),
        file === null
          ? `Write the condition into the scenario and measure it: ${measure}`
          : `To measure it: ${measure}`,
      ],
    },
  ];
};

/** A report of a decision from a run's records: the report's answer, what the decision rests on, then the evidence. */
export const whatIfBlocks = (
  report: readonly Block[],
  facts: WhatIfFacts,
  all: readonly MetricSpec[],
): readonly Block[] => {
  const metrics = new Map(all.map((metric) => [metric.id, metric]));
  const second = report.findIndex((block) => block.kind === 'heading' && block.level === 2);
  const [answer, evidence] = second < 0 ? [report, []] : [report.slice(0, second), report.slice(second)];
  const changes = changesBetween(facts.was, facts.is, metrics);
  const { machine } = facts;
  return [
    ...answer,
    { kind: 'heading', level: 2, text: 'What this rests on' },
    {
      kind: 'paragraph',
      text: `Nothing was measured for this decision: it is made from the records of ${facts.run}, begun ${timeOf(facts.startedAt)}. That run had chosen ${nameOf(facts.before)}.`,
    },
    ...missingBlocks(facts, metrics),
    ...(facts.unconfirmed === null
      ? []
      : [
          {
            kind: 'callout' as const,
            tone: 'undecided' as const,
            title: 'Not confirmed',
            text: [
              `The run tested only its own choice on held-back data. ${facts.unconfirmed} has no numbers there: ${facts.measure} tests it.`,
            ],
          },
        ]),
    {
      kind: 'facts',
      items: [
        { label: 'What changed', value: changes.length === 0 ? 'nothing: the same conditions' : changes.join('; ') },
        {
          label: 'Machine',
          value: `${machine.cpu} (${machine.instructionSets.join(' ')}), ${facts.here ? 'this one' : 'another than this one: times hold there, not here'}`,
        },
        {
          label: 'Versions',
          value: `${facts.versions} that the run weighed${facts.unweighed === 0 ? '' : `; ${plural(facts.unweighed, 'more')} that it built but did not weigh in full ${facts.unweighed === 1 ? 'takes' : 'take'} no part`}`,
        },
        ...(facts.derived.length === 0 ? [] : [{ label: 'Computed anew', value: facts.derived.join('; ') }]),
        ...facts.notes.map((note) => ({ label: 'Note', value: note })),
        {
          label: 'Held-back data',
          value: 'was looked at by the run itself: the more decisions are made with it, the less it confirms',
        },
      ],
    },
    reusedTable(facts, metrics),
    ...evidence,
  ];
};
