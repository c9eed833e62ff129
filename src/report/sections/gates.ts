import type { Gate, GateResult, Verdict } from '../../contracts/index.ts';
import type { Block, Cell, Tone } from '../blocks.ts';
import { capital, plural } from '../text.ts';
import { measurementOf, percentOf, type Version, type View } from '../view.ts';
import { demandText, levelText, versusText } from './phrases.ts';
import { differenceScale, fixed, decimalsFor } from '../numbers.ts';

export const verdictWord: Readonly<Record<Verdict, string>> = { pass: 'PASS', fail: 'FAIL', undecided: 'UNDECIDED' };

export const verdictCell = (verdict: Verdict, detail?: readonly string[]): Cell => ({
  kind: 'verdict',
  tone: verdict satisfies Tone,
  text: verdictWord[verdict],
  ...(detail === undefined ? {} : { detail }),
});

const sameGate = (a: Gate, b: Gate): boolean =>
  a.metric === b.metric && a.slice === b.slice && a.limit.kind === b.limit.kind && a.limit.value === b.limit.value;

/** What was found for a gate, with its interval, from the measurement itself. */
const foundText = (view: View, version: Version, result: GateResult, split: string): string => {
  const { gate } = result;
  const metric = view.metrics.get(gate.metric);
  if (metric === undefined) return String(result.value);
  const one = measurementOf(version, gate.metric, gate.slice, split);
  if (gate.limit.kind === 'worse-by-at-most')
    return one?.versus !== undefined
      ? versusText(metric, one.versus, view.currency)
      : amountText(view, result.gate, result.value);
  return levelText(metric, result.value, one, view.currency);
};

/** A number in the unit of the gate's limit. */
const amountText = (view: View, gate: Gate, value: number): string => {
  const metric = view.metrics.get(gate.metric);
  if (metric === undefined) return String(value);
  if (gate.limit.kind !== 'worse-by-at-most') return levelText(metric, value, null, view.currency);
  const { factor, label } =
    metric.versus === 'ratio' ? { factor: 100, label: '%' } : differenceScale(metric.unit, value, view.currency);
  const text = fixed(Math.abs(value) * factor, decimalsFor(value * factor));
  return `${text}${label === '' ? '' : ` ${label}`} ${value > 0 ? 'worse' : value < 0 ? 'better' : 'difference'}`;
};

const pText = ({ p }: GateResult): string =>
  p === null
    ? 'Known exactly, no test needed.'
    : `p = ${p < 0.0001 ? '< 0.0001' : fixed(p, p < 0.001 ? 4 : 3)} after Holm’s correction.`.replace('= <', '<');

const gateRow = (view: View, version: Version, result: GateResult): Cell[] => {
  const { gate, verdict, reason, samplesNeeded } = result;
  const detail = [
    `${capital(reason).replace(/[.!]?$/, '.')} ${pText(result)}`,
    ...(samplesNeeded === undefined ? [] : [`About ${plural(Math.ceil(samplesNeeded), 'example')} would decide it.`]),
    ...(gate.because === undefined ? [] : [`Why it matters: ${gate.because}`]),
  ];
  const row: Cell[] = [
    { kind: 'text', text: demandText(gate, view.metrics.get(gate.metric), view.currency), detail },
    { kind: 'text', text: foundText(view, version, result, 'evaluation') },
    { kind: 'text', text: amountText(view, gate, result.bound) },
    verdictCell(verdict),
  ];
  const confirmation = view.choice?.confirmation ?? null;
  if (confirmation !== null && version === view.subject) {
    const again = confirmation.gates.find((other) => sameGate(other.gate, gate));
    row.push(again === undefined ? { kind: 'none' } : verdictCell(again.verdict));
  }
  return row;
};

const notes = (view: View, confirmed: boolean): string[] => [
  `Found: the best single estimate, with its ${percentOf(view.confidence)} interval in brackets.`,
  `At worst: the unfavorable end of what the data still allows at ${percentOf(view.confidence)} confidence; the demand must hold even there.`,
  'PASS: proven. FAIL: the demand is not met. UNDECIDED: the data is too small to tell, which never counts as a pass.',
  'p: the chance of data this good if the demand were in truth not met. Holm’s correction makes it stricter because several demands are tested at once.',
  ...(confirmed
    ? [
        'Held-back: the same test on data that was set aside before anything was compared, so no selection could profit from luck.',
      ]
    : []),
];

/** (b) What was demanded, what was found, and the check on held-back data. */
export const gateSection = (view: View): Block[] => {
  const { choice, subject } = view;
  if (choice === null || subject?.verdict === null || subject === null) return [];
  const { gates } = subject.verdict;
  const blocks: Block[] = [{ kind: 'heading', level: 2, text: 'What was demanded, and what was found' }];
  if (gates.length === 0) {
    blocks.push({ kind: 'paragraph', text: 'The scenario makes no demands (its list “must” is empty).' });
    return blocks;
  }
  const confirmed = choice.confirmation !== null;
  blocks.push({
    kind: 'table',
    caption: `Demands on ${subject.id}`,
    columns: [
      { title: 'Demand', align: 'start', wide: true },
      { title: 'Found', align: 'start' },
      { title: 'At worst', align: 'start' },
      { title: 'Verdict', align: 'start' },
      ...(confirmed ? [{ title: 'Held-back', align: 'start' as const }] : []),
    ],
    rows: gates.map((result) => gateRow(view, subject, result)),
    notes: notes(view, confirmed),
  });
  if (choice.confirmation !== null) blocks.push(...confirmationBlocks(view, subject, choice.confirmation));
  return blocks;
};

const confirmationBlocks = (
  view: View,
  subject: Version,
  { verdict, gates }: { readonly verdict: Verdict; readonly gates: readonly GateResult[] },
): Block[] => {
  const rows = view.run.data['holdback']?.rows;
  const on = rows === undefined ? 'the held-back data' : plural(rows, 'held-back example');
  const title = {
    pass: `Confirmed on ${on}: every demand holds again`,
    fail: `Not confirmed on ${on}`,
    undecided: `Not fully confirmed: ${on} are too few to decide every demand`,
  }[verdict];
  const open = gates.filter((result) => result.verdict !== 'pass');
  const blocks: Block[] = [
    {
      kind: 'callout',
      tone: verdict,
      title,
      text: open.map(
        ({ gate, verdict: one, reason }) =>
          `${verdictWord[one]}: ${demandText(gate, view.metrics.get(gate.metric), view.currency)}. ${capital(reason).replace(/[.!]?$/, '.')}`,
      ),
    },
  ];
  blocks.push({
    kind: 'details',
    title: 'The numbers of the check on held-back data',
    blocks: [
      {
        kind: 'table',
        caption: `Demands on ${subject.id}, held-back data`,
        columns: [
          { title: 'Demand', align: 'start', wide: true },
          { title: 'Found', align: 'start' },
          { title: 'At worst', align: 'start' },
          { title: 'Verdict', align: 'start' },
        ],
        rows: gates.map((result) => [
          {
            kind: 'text',
            text: demandText(result.gate, view.metrics.get(result.gate.metric), view.currency),
            detail: [`${capital(result.reason).replace(/[.!]?$/, '.')} ${pText(result)}`],
          },
          { kind: 'text', text: foundText(view, subject, result, 'holdback') },
          { kind: 'text', text: amountText(view, result.gate, result.bound) },
          verdictCell(result.verdict),
        ]),
        notes: [],
      },
    ],
  });
  return blocks;
};
