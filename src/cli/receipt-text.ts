import type { Receipt, Saturation } from '../contracts/index.ts';
import { visible } from '../report/text.ts';
import { columns } from './columns.ts';
import { countText, percentText } from './numbers.ts';

/** The end of a long name: exporters put what tells names apart last. */
const tail = (name: string, length = 44): string => (name.length <= length ? name : `…${name.slice(1 - length)}`);
const share = (value: number | null): string => (value === null ? 'did not run' : percentText(value, false));
const plural = (count: number, one: string, many: string): string => `${countText(count)} ${count === 1 ? one : many}`;

/** Rows of the slowest operations that are shown; --json has them all. */
const shownRows = 40;

/** "87.0 % of the time runs in integer kernels; 2 operations that should are not run by one". */
export const receiptSummary = ({ integerShare, unfulfilled, rows }: Receipt): string => {
  const meant = rows.some((row) => row.meant);
  const first = `${percentText(integerShare, false)} of the time runs in integer kernels`;
  if (unfulfilled > 0)
    return `${first}; ${plural(unfulfilled, 'operation that is', 'operations that are')} made for few bits ${unfulfilled === 1 ? 'does' : 'do'} not run that way`;
  return meant
    ? `${first}; everything that was quantized runs that way`
    : `${first}; nothing in this model is quantized`;
};

const saturationLines = (saturation: Saturation): string[] => {
  if (saturation.kind === 'exact') return [`  none: ${saturation.reason}`];
  if (saturation.kind === 'unknown') return [`  not looked at: ${saturation.reason}`];
  const touched = saturation.rows.filter((row) => row.touched > 0);
  const lines =
    touched.length === 0
      ? [
          `  none on these inputs: no pair of products left 16 bits in ${plural(saturation.rows.length, 'operation', 'operations')}`,
        ]
      : [
          `  ${plural(touched.length, 'operation', 'operations')} with sums that do not fit 16 bits; the products change by ${percentText(saturation.change, false)} on average`,
          ...columns(
            touched
              .slice(0, 12)
              .map((row) => [
                tail(row.node),
                `${percentText(row.saturated / row.pairs, false)} of pairs`,
                `${percentText(row.touched / row.outputs, false)} of results`,
                `change ${percentText(row.change, false)}`,
              ]),
            'lrrr',
          ),
          ...(touched.length > 12 ? [`  and ${touched.length - 12} more (--json)`] : []),
          '  Ways out, the cheapest first',
          ...columns(
            saturation.remedies.map((one) => [
              `${one.id === saturation.proposed ? '→' : ' '} ${tail(one.what, 60)}`,
              `error ${percentText(one.error, false)}`,
              one.cost,
            ]),
            'lrl',
          ),
          saturation.proposed === null
            ? '  nothing to do: the rounding of 8-bit inputs costs more than this'
            : '  → is the first that halves the change or better',
        ];
  return [
    ...lines,
    ...saturation.unchecked.slice(0, 8).map(({ node, reason }) => `  not looked at: ${visible(tail(node))}: ${reason}`),
  ].map((line) => line.trimEnd());
};

/** A receipt for a terminal: aligned, long names cut, control characters made visible. */
export const receiptText = (receipt: Receipt): string => {
  const rows = receipt.rows.slice(0, shownRows);
  const hidden = receipt.rows.length - rows.length + receipt.rowsLeftOut;
  return [
    receiptSummary(receipt),
    `${plural(receipt.runs, 'run', 'runs')} on ${visible(receipt.ranOn)}, ${receipt.kernelMs.toPrecision(3)} ms of kernels in each`,
    '',
    'Time by kernel',
    ...columns(
      receipt.groups.map(({ kernel, nodes, share: part }) => [
        kernel,
        plural(nodes, 'operation', 'operations'),
        percentText(part, false),
      ]),
      'lrr',
    ),
    '',
    'Operations',
    ...columns(
      [
        ['node', 'kernel', 'time', 'note'],
        ...rows.map((row) => [tail(row.node), row.kernel, share(row.share), row.why ?? row.note ?? '']),
      ],
      'llrl',
    ),
    ...(hidden > 0 ? [`  and ${countText(hidden)} more (--json)`] : []),
    '',
    'Saturated sums',
    ...saturationLines(receipt.saturation),
    '',
    `This machine: ${receipt.machine}${receipt.instructionSets.length === 0 ? '' : ` (${receipt.instructionSets.join(' ')})`}`,
    'What cannot pay here',
    ...receipt.cannotPay.map(({ what, reason }) => `  ${what}: ${reason}`),
    ...(receipt.notes.length === 0 ? [] : ['', 'Notes', ...columns(receipt.notes.map((note) => [note]))]),
  ].join('\n');
};
