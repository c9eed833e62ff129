import type { BillLine } from '../../contracts/index.ts';
import type { Block, Cell } from '../blocks.ts';
import { decimalsFor, fixed, signed } from '../numbers.ts';
import { capital } from '../text.ts';
import { measurementOf, type Version, type View } from '../view.ts';
import { levelText, spanShown } from './phrases.ts';
import { changeCell } from './tell.ts';

const amountCell = (line: BillLine | undefined): Cell =>
  line === undefined
    ? { kind: 'none' }
    : {
        kind: 'number',
        text: fixed(line.amount, Math.min(2, Math.max(0, decimalsFor(line.amount)))),
        value: line.amount,
        low: line.amount,
        high: line.amount,
      };

const bill = (version: Version): readonly BillLine[] => measurementOf(version, 'cost-per-month')?.bill ?? [];

/** "After 2,100,000 requests [1,900,000, 2,400,000], about 0.7 months, …" */
const breakEvenSentence = (view: View, version: Version): string | null => {
  const metric = view.metrics.get('break-even');
  const one = measurementOf(version, 'break-even');
  if (metric === undefined || one === null) {
    return bill(version).some(({ once }) => once)
      ? 'What is paid once is not paid back: a request costs no less than with the original.'
      : null;
  }
  const { traffic } = (view.run.scenario ?? {}) as { readonly traffic?: { readonly requestsPerMonth?: unknown } };
  const monthly = traffic?.requestsPerMonth;
  const { interval } = spanShown(metric, one, view.currency);
  const months =
    typeof monthly === 'number' && monthly > 0
      ? `, about ${fixed(one.value / monthly, one.value / monthly < 10 ? 1 : 0)} months of the scenario’s traffic`
      : '';
  return `What is paid once for this version is paid back after ${levelText(metric, one.value, one, view.currency)} requests${interval === undefined ? '' : ` ${interval}`}${months}.`;
};

/** (i) What a version costs, line by line, with what is easily forgotten. */
export const costSection = (view: View): Block[] => {
  const { about } = view;
  const metric = view.metrics.get('cost-per-month');
  const one = about === null ? null : measurementOf(about, 'cost-per-month');
  if (about === null || metric === undefined || one === null) return [];
  const [ours, theirs] = [bill(about), bill(view.baseline)];
  const names = [
    ...new Map([...theirs, ...ours].map((line) => [JSON.stringify([line.name, line.once]), line])).values(),
  ];
  const find = (lines: readonly BillLine[], { name, once }: BillLine): BillLine | undefined =>
    lines.find((line) => line.name === name && line.once === once);
  const before = measurementOf(view.baseline, 'cost-per-month');
  const sentence = breakEvenSentence(view, about);
  const total = (value: number | undefined): Cell =>
    value === undefined ? { kind: 'none' } : amountCell({ name: '', amount: value, once: false });
  return [
    { kind: 'heading', level: 2, text: 'What it costs', minor: true },
    ...(sentence === null ? [] : [{ kind: 'paragraph', text: sentence } satisfies Block]),
    {
      kind: 'table',
      caption: 'The bill',
      columns: [
        { title: 'For', align: 'start', wide: true },
        { title: 'Paid', align: 'start' },
        { title: 'Original', unit: view.currency ?? '', align: 'end' },
        { title: 'This version', unit: view.currency ?? '', align: 'end' },
        { title: 'Difference', align: 'end' },
      ],
      rows: [
        ...names.map((line): Cell[] => {
          const [left, right] = [find(theirs, line), find(ours, line)];
          const change = (right?.amount ?? 0) - (left?.amount ?? 0);
          return [
            { kind: 'data', text: capital(line.name) },
            { kind: 'text', text: line.once ? 'once' : 'a month' },
            amountCell(left),
            amountCell(right),
            {
              kind: 'number',
              text: `${signed(change, Math.min(2, Math.max(0, decimalsFor(change))))} ${view.currency ?? ''}`.trimEnd(),
              value: change,
              low: change,
              high: change,
            },
          ];
        }),
        [
          { kind: 'text', text: 'All that is paid monthly', strong: true },
          { kind: 'text', text: 'a month' },
          total(before?.value),
          total(one.value),
          changeCell(view, metric, one.versus, true),
        ],
      ],
      notes: [],
      terms: [metric.definition],
    },
  ];
};
