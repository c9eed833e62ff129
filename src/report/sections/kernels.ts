import type { KernelRow, Receipt, ReceiptRecord, Saturation } from '../../contracts/index.ts';
import type { Block, Cell } from '../blocks.ts';
import { fixed } from '../numbers.ts';
import { capital, listed, plural } from '../text.ts';
import { baselineId, type View } from '../view.ts';

const mostRows = 20;

const receiptFor = (view: View, subject: string): ReceiptRecord | null =>
  (view.records.findLast(
    (record) => record.kind === 'receipt' && record.subject === subject && record.machine === view.run.machine.digest,
  ) as ReceiptRecord | undefined) ?? null;

const madeOf = (record: ReceiptRecord | null): Receipt | null =>
  record?.outcome.kind === 'made' ? record.outcome.receipt : null;

const shareText = (share: number): string => {
  const percent = share * 100;
  return percent !== 0 && percent < 0.1 ? '< 0.1' : fixed(percent, 1);
};
const shareCell = (share: number | undefined): Cell =>
  share === undefined
    ? { kind: 'none' }
    : { kind: 'number', text: shareText(share), value: share, low: share, high: share };

/** Kernels of both versions side by side, the ones that the version spends most in first. */
const groupTable = (title: string, receipt: Receipt | null, original: Receipt | null): Block => {
  const shares = (of: Receipt | null): ReadonlyMap<string, number> =>
    new Map(of?.groups.map(({ kernel, share }) => [kernel, share]));
  const [ours, theirs] = [shares(receipt), shares(original)];
  const kernels = [...new Set([...ours.keys(), ...theirs.keys()])];
  return {
    kind: 'table',
    caption: 'Time by kernel',
    columns: [
      { title: 'Kernel', align: 'start' },
      { title: 'Original', unit: '%', align: 'end' },
      ...(receipt === null ? [] : [{ title, unit: '%', align: 'end' as const }]),
    ],
    rows: kernels.map((kernel) => [
      { kind: 'text', text: kernel },
      shareCell(theirs.get(kernel)),
      ...(receipt === null ? [] : [shareCell(ours.get(kernel))]),
    ]),
    notes: [
      'Shares of the time of all kernels of a run, from ONNX Runtime’s own profile. “Other operators” are those that do no matrix work: normalization, softmax, additions, changes of layout.',
    ],
  };
};

const unfulfilledTable = (rows: readonly KernelRow[]): Block => ({
  kind: 'table',
  caption: 'Made for few bits, and not run that way',
  columns: [
    { title: 'Operation', align: 'start' },
    { title: 'Kernel', align: 'start' },
    { title: 'Time', unit: '%', align: 'end' },
    { title: 'Why', align: 'start', wide: true },
  ],
  rows: rows
    .slice(0, mostRows)
    .map((row) => [
      { kind: 'data', text: row.node },
      { kind: 'text', text: row.kernel },
      shareCell(row.share ?? undefined),
      { kind: 'text', text: `${capital(row.why ?? '')}.` },
    ]),
  notes: rows.length > mostRows ? [`${plural(rows.length - mostRows, 'more operation')} in the records.`] : [],
});

const percentText = (share: number): string => `${shareText(share)} %`;

const saturationText = (saturation: Saturation): string => {
  if (saturation.kind === 'exact') return `No sum saturates: ${saturation.reason}.`;
  if (saturation.kind === 'unknown') return `Whether sums saturate was not looked at: ${saturation.reason}.`;
  const touched = saturation.rows.filter((row) => row.touched > 0);
  const unchecked =
    saturation.unchecked.length === 0
      ? ''
      : ` ${plural(saturation.unchecked.length, 'operation')} could not be looked at.`;
  if (touched.length === 0)
    return `No sum saturated on these inputs: every pair of products of ${plural(saturation.rows.length, 'operation')} fits 16 bits.${unchecked}`;
  const remedy = saturation.remedies.find(({ id }) => id === saturation.proposed);
  return (
    `The int8 kernels of this CPU add pairs of products in 16 bits. In ${plural(touched.length, 'operation')} some pairs do not fit and are cut off, which changes the products by ${percentText(saturation.change)} on average. ` +
    (remedy === undefined
      ? 'That is less than the rounding of 8-bit inputs costs: nothing needs to be done.'
      : `The cheapest way out: ${remedy.what} (${remedy.cost}), which leaves ${percentText(remedy.error)}.`) +
    unchecked
  );
};

/** (h) Which kernels ran: what the quantization came to on this machine. */
export const kernelSection = (view: View): Block[] => {
  const originalRecord = receiptFor(view, baselineId);
  const name = view.subject?.id ?? null;
  const record = name === null ? null : receiptFor(view, name);
  const [original, receipt] = [madeOf(originalRecord), madeOf(record)];
  const blocks: Block[] = [];
  for (const one of [record, originalRecord])
    if (one?.outcome.kind === 'failed')
      blocks.push({
        kind: 'paragraph',
        text: `No receipt of ${one.subject === baselineId ? 'the original' : one.subject}: ${one.outcome.message}`,
      });
  const about = receipt ?? original;
  if (about !== null) {
    const who = receipt === null ? 'the original' : (name ?? 'this version');
    const unfulfilled = about.rows.filter(({ why }) => why !== null);
    const meant = about.rows.some((row) => row.meant);
    blocks.push(
      {
        kind: 'paragraph',
        text:
          `With ${who}, ${percentText(about.integerShare)} of the kernels’ time runs in integer arithmetic on this machine (${about.machine}). ` +
          (!meant
            ? 'Nothing in it is quantized.'
            : unfulfilled.length === 0
              ? 'Everything that was quantized runs that way.'
              : `${plural(unfulfilled.length, 'operation is', 'operations are')} made for few bits and ${unfulfilled.length === 1 ? 'does' : 'do'} not run that way.`),
      },
      groupTable(view.choice?.chosen === name ? 'Chosen' : 'Nearest', receipt, original),
      ...(unfulfilled.length === 0 ? [] : [unfulfilledTable(unfulfilled)]),
      { kind: 'paragraph', text: saturationText(about.saturation) },
      {
        kind: 'details',
        title: `What cannot pay on this machine (${about.machine})`,
        blocks: [{ kind: 'list', items: about.cannotPay.map(({ what, reason }) => `${capital(what)}: ${reason}.`) }],
      },
      {
        kind: 'paragraph',
        small: true,
        text: `Measured in ${plural(about.runs, 'run')} on ${about.ranOn}, with profiling on${about.notes.length === 0 ? '' : `. ${listed(about.notes)}`}.`,
      },
    );
  }
  return blocks.length === 0 ? [] : [{ kind: 'heading', level: 2, text: 'Which kernels ran', minor: true }, ...blocks];
};
