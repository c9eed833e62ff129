import type { Verdict } from '../contracts/index.ts';
import type { ListedTask, ScoredTask, ScoreResult } from '../engine/measure/score.ts';
import { decimalsFor, fixed, show, signed } from '../report/numbers.ts';
import { columns } from './columns.ts';
import { countText } from './numbers.ts';

const words: Record<Verdict, string> = { pass: 'PASS', fail: 'FAIL', undecided: 'UNDECIDED' };

/** Points of 100 for shares and correlations alike, as the benchmarks print them. */
const numberOf = (value: number, low: number, high: number): readonly string[] => {
  const shown = show(100 * value, 100 * low, 100 * high, fixed, 1);
  return [shown.text, shown.interval ?? ''];
};

const difference = (versus: { readonly value: number; readonly low: number; readonly high: number }): string => {
  const decimals = Math.max(1, decimalsFor(versus.value, versus.low, versus.high));
  const text = (value: number): string => signed(value, decimals);
  return `${text(versus.value)} [${text(versus.low)}, ${text(versus.high)}]`;
};

const hundred = (versus: { readonly value: number; readonly low: number; readonly high: number }) => ({
  value: 100 * versus.value,
  low: 100 * versus.low,
  high: 100 * versus.high,
});

const errorText = (error: number): string => (Number.isFinite(error) ? error.toPrecision(2) : '');

const taskRows = (task: ScoredTask, { verdicts }: ScoreResult): readonly (readonly string[])[] => [
  ...task.metrics.map((metric) => {
    const verdict = verdicts.find(({ gate }) => gate.metric === metric.metric)?.verdict;
    return [
      metric.title,
      ...(Number.isFinite(metric.value) ? numberOf(metric.value, metric.low, metric.high) : ['–', '']),
      errorText(100 * metric.standardError),
      countText(metric.samples),
      metric.versus === undefined ? '' : difference(hundred(metric.versus)),
      verdict === undefined ? '' : words[verdict],
    ];
  }),
  ...(task.metrics.length < 2
    ? []
    : [
        [
          'Score (mean)',
          ...(Number.isFinite(task.score.value)
            ? numberOf(task.score.value / 100, task.score.low / 100, task.score.high / 100)
            : ['–', '']),
          errorText(task.score.standardError),
          '',
          task.score.versus === undefined ? '' : difference(task.score.versus),
          '',
        ],
      ]),
];

const flipsText = ({ flips }: ScoredTask): readonly string[] => {
  if (flips === undefined) return [];
  const { rows, changed, worse, better, mcnemar } = flips;
  const test =
    mcnemar === null ? '' : `; McNemar mid-p ${mcnemar.midP.toPrecision(2)}, exact ${mcnemar.exact.toPrecision(2)}`;
  const some = (ids: readonly string[], count: number): string =>
    ids.length === 0 ? '' : ` (idx ${ids.slice(0, 5).join(', ')}${count > 5 ? ', …' : ''})`;
  return [
    `flips: ${countText(changed)} of ${countText(rows)} answers changed, ${worse} became wrong${some(flips.examples.worse, worse)}, ${better} became right${some(flips.examples.better, better)}${test}`,
  ];
};

const filesText = (task: ScoredTask): readonly string[] =>
  columns(
    (
      [
        ['right answers', task.gold],
        ['answers', task.predictions],
        ['baseline', task.baseline],
      ] as const
    ).flatMap(([name, file]) => (file === undefined ? [] : [[name, file.path, file.layout]])),
  );

const notesOf = (task: ScoredTask): readonly string[] => [
  ...[task.gold, task.predictions, ...(task.baseline === undefined ? [] : [task.baseline])].flatMap(
    ({ notes }) => notes,
  ),
  ...task.cautions,
  ...task.metrics.flatMap(({ caveat, title }) => (caveat === undefined ? [] : [`${title}: ${caveat}`])),
];

const header = (result: ScoreResult): readonly string[] => {
  const paired = result.tasks.some(({ baseline }) => baseline !== undefined);
  return [
    'metric',
    'of 100',
    `${result.confidence * 100} % interval`,
    'std. error',
    'n',
    paired ? 'against baseline' : '',
    result.verdicts.length > 0 ? 'verdict' : '',
  ];
};

const points = (margin: number): string => {
  const value = Number((margin * 100).toPrecision(6));
  return `${value} ${value === 1 ? 'point' : 'points'} of 100`;
};

/** Scores for people at a terminal. */
export const scoreText = (result: ScoreResult): string => {
  const lines: string[] = [];
  for (const task of result.tasks) {
    lines.push(`${task.task}  ${task.title}, ${countText(task.rows)} rows`, ...filesText(task), '');
    lines.push(...columns([header(result), ...taskRows(task, result)], 'lrrrrll'));
    lines.push(...flipsText(task).map((line) => `  ${line}`));
    for (const { gate, reason } of result.verdicts)
      if (gate.metric.startsWith(`${task.task}/`)) lines.push(`  ${reason}`);
    lines.push(...notesOf(task).map((note) => `  note: ${note}`), '');
  }
  const { aggregate } = result;
  if (aggregate !== null) {
    const [value = '', interval = ''] = numberOf(aggregate.value / 100, aggregate.low / 100, aggregate.high / 100);
    const versus = aggregate.versus === undefined ? '' : `, against the baseline ${difference(aggregate.versus)}`;
    lines.push(`${aggregate.name}: ${value} ${interval}${versus}`);
    if (!aggregate.complete) lines.push(`  missing: ${aggregate.missing.join(', ')}`);
  }
  for (const reason of new Set(result.leftOut.map((one) => one.reason)))
    lines.push(`  ${reason}: ${result.leftOut.flatMap((one) => (one.reason === reason ? [one.task] : [])).join(', ')}`);
  lines.push(
    `Intervals: Wilson’s for shares of what stands alone, otherwise the percentile bootstrap with ${countText(result.replicates)} draws, seed ${result.seed}; rows of a question, passage or pair are drawn together.`,
    ...(result.margin === null
      ? []
      : [
          `Verdicts: worse by at most ${points(result.margin)}, at ${result.confidence * 100} % confidence, ${result.verdicts.length} judged together (Holm).`,
        ]),
  );
  return lines.join('\n');
};

/** The list of tasks for people at a terminal. */
export const listText = (tasks: readonly ListedTask[]): string =>
  columns(
    [
      ['task', 'fields', 'labels in id order', 'metrics', 'rows'],
      ...tasks.map(({ id, fields, labels, metrics, rows, split }) => [
        id,
        fields.join(', '),
        labels.length === 0 ? 'a text' : labels.join(', '),
        metrics.join(', '),
        `${countText(rows)}${split === 'test' ? ' (test)' : ''}`,
      ]),
    ],
    'llllr',
  ).join('\n');
