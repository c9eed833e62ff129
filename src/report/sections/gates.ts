import type { Gate, GateResult, Verdict } from '../../contracts/index.ts';
import type { Block, Cell, Column, Tone } from '../blocks.ts';
import { decimalsFor, fixed, scaleOf } from '../numbers.ts';
import { capital, plural } from '../text.ts';
import { measurementOf, percentOf, type Version, type View } from '../view.ts';
import { changeEnd, changeShown, conditionText, levelText, showScaled } from './phrases.ts';

export const verdictWord: Readonly<Record<Verdict, string>> = { pass: 'PASS', fail: 'FAIL', undecided: 'UNDECIDED' };

const verdictCell = (verdict: Verdict): Cell => ({
  kind: 'verdict',
  tone: verdict satisfies Tone,
  text: verdictWord[verdict],
});

const sameGate = (a: Gate, b: Gate): boolean =>
  a.metric === b.metric && a.slice === b.slice && a.limit.kind === b.limit.kind && a.limit.value === b.limit.value;

/** A sentence of its own, whatever the words came as. */
export const sentence = (text: string): string => capital(text.trim()).replace(/[.!?]?$/, '.');

/** What was found and the unfavorable end of it, in the terms of the condition. */
const foundCells = (view: View, version: Version, { gate, value, bound }: GateResult, split: string): [Cell, Cell] => {
  const metric = view.metrics.get(gate.metric);
  const none: Cell = { kind: 'none' };
  if (metric === undefined || !Number.isFinite(value)) return [none, none];
  const one = measurementOf(version, gate.metric, gate.slice, split);
  if (gate.limit.kind === 'worse-by-at-most') {
    if (one?.versus === undefined) return [none, none];
    const { shown, unit } = changeShown(metric, one.versus, view.currency);
    const { low, high } = one.versus;
    return [
      { kind: 'number', text: `${shown.text}${unit}`, interval: shown.interval, value, low, high },
      { kind: 'text', text: changeEnd(metric, bound, one.versus, view.currency) },
    ];
  }
  if (one === null) return [{ kind: 'text', text: levelText(metric, value, null, view.currency) }, none];
  const scale = scaleOf(metric.unit, one.value, view.currency);
  const { interval } = showScaled(one, scale);
  const decimals = Math.max(
    scale.least ?? -12,
    decimalsFor(one.value * scale.factor, one.low * scale.factor, one.high * scale.factor),
  );
  const end = `${fixed(bound * scale.factor, decimals)}${scale.label === '' ? '' : ` ${scale.label}`}`;
  return [
    {
      kind: 'number',
      text: levelText(metric, value, one, view.currency),
      interval,
      value,
      low: one.low,
      high: one.high,
    },
    { kind: 'text', text: one.low === one.high ? levelText(metric, bound, one, view.currency) : end },
  ];
};

const pText = ({ p, verdict }: GateResult): string => {
  if (p === null) return verdict === 'undecided' ? '' : ' Known exactly, so no test is needed.';
  return ` p ${p < 0.0001 ? '< 0.0001' : `= ${fixed(p, p < 0.001 ? 4 : 3)}`}, Holm-corrected.`;
};

/** The reason as decided, and what would help when it is open; to stand after a colon. */
export const openText = ({ reason, samplesNeeded }: GateResult): string =>
  samplesNeeded === undefined || reason.includes('would decide')
    ? reason.replace(/[.!?]?$/, '.')
    : `${reason.replace(/[.!?]?$/, '.')} About ${plural(Math.ceil(samplesNeeded), 'example')} would decide it.`;

const columns = (withHoldback: boolean): Column[] => [
  { title: 'Condition', align: 'start', wide: true },
  { title: 'Found', align: 'start' },
  { title: 'At worst', align: 'start' },
  { title: 'Verdict', align: 'start' },
  ...(withHoldback ? [{ title: 'Held-back', align: 'start' as const }] : []),
];

const gateRow = (view: View, version: Version, result: GateResult, split: string): Cell[] => {
  const { gate, verdict } = result;
  const detail = [
    `${sentence(openText(result))}${pText(result)}`,
    ...(gate.because === undefined ? [] : [`Why it matters: ${gate.because}`]),
  ];
  return [
    { kind: 'text', text: conditionText(gate, view.metrics.get(gate.metric), view.currency), detail },
    ...foundCells(view, version, result, split),
    verdictCell(verdict),
  ];
};

const againCell = (again: readonly GateResult[], { gate }: GateResult): Cell => {
  const found = again.find((other) => sameGate(other.gate, gate));
  return found === undefined ? { kind: 'none' } : verdictCell(found.verdict);
};

const notes = (view: View): string[] => [
  `Found: the best single estimate, with its ${percentOf(view.intervals)} interval; changes are against the original, minus means less. At worst: the unfavorable end of what the data still allows; the condition must hold even there. It bounds one side only, so it can differ from the end of the interval, which bounds both.`,
  'PASS: proven. FAIL: proven not to hold. UNDECIDED: the data is too small to tell, which never counts as a pass.',
];

const terms = (confirmed: boolean): string[] => [
  'p: the chance of data this good if the condition did not hold. Holm’s correction is stricter because several conditions are tested at once.',
  ...(confirmed
    ? [
        'Held-back: the same test on data set aside before anything was compared, so that luck in the selection cannot help. –: not tested again there.',
      ]
    : []),
];

/** (b) The conditions, what was found, and the check on held-back data. */
export const gateSection = (view: View): Block[] => {
  const { choice, subject } = view;
  if (choice === null || subject === null || subject.verdict === null) return [];
  const { gates } = subject.verdict;
  const blocks: Block[] = [{ kind: 'heading', level: 2, text: 'What was demanded, and what was found' }];
  if (gates.length === 0) {
    blocks.push({ kind: 'paragraph', text: 'The scenario sets no conditions (its list “must” is empty).' });
    return blocks;
  }
  const again = choice.confirmation;
  blocks.push({
    kind: 'table',
    caption: `Conditions for ${subject.id}`,
    columns: columns(again !== null),
    rows: gates.map((result) => [
      ...gateRow(view, subject, result, 'evaluation'),
      ...(again === null ? [] : [againCell(again.gates, result)]),
    ]),
    notes: notes(view),
    terms: terms(again !== null),
  });
  if (again !== null) blocks.push(...confirmationBlocks(view, subject, again));
  return blocks;
};

/** That a check was one of several, where it was. */
const levelNotes = ({ choice }: View): string[] => {
  const { checks = [], plannedChecks = 1 } = choice ?? {};
  if (plannedChecks < 2) return [];
  return [
    `Check ${checks.length} of at most ${plannedChecks}, a number that was fixed beforehand: each has its part of the error rate, so that together they err as rarely as a single check.`,
  ];
};

const confirmationBlocks = (
  view: View,
  subject: Version,
  { verdict, gates }: { readonly verdict: Verdict; readonly gates: readonly GateResult[] },
): Block[] => {
  const rows = view.run.data['holdback']?.rows;
  const on = rows === undefined ? 'the held-back data' : plural(rows, 'held-back example');
  const small = rows === undefined ? `${on} is too small` : rows === 1 ? `${on} is not enough` : `${on} are too few`;
  const title = {
    pass: `Confirmed on ${on}: every condition tested there holds again`,
    fail: `Not confirmed on ${on}`,
    undecided: `Not fully confirmed: ${small} to decide every condition`,
  }[verdict];
  const open = gates.filter((result) => result.verdict !== 'pass');
  return [
    {
      kind: 'callout',
      tone: verdict,
      title,
      text: open.map((result) => `${verdictWord[result.verdict]}: ${openText(result)}`),
    },
    {
      kind: 'details',
      title: 'The numbers of the check on held-back data',
      blocks: [
        {
          kind: 'table',
          caption: `Conditions for ${subject.id}, held-back data`,
          columns: columns(false),
          rows: gates.map((result) => gateRow(view, subject, result, 'holdback')),
          notes: levelNotes(view),
        },
      ],
    },
  ];
};
