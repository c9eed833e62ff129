import type { AuditRecord } from '../../contracts/index.ts';
import type { Block, Cell, Tone } from '../blocks.ts';
import { decimalsFor, fixed } from '../numbers.ts';
import { clip, grouped, plural } from '../text.ts';
import type { View } from '../view.ts';

const shownFirst = 10;
const shownAtMost = 50;
const longestText = 400;

type Item = AuditRecord['items'][number];

const isHarm = (item: Item): boolean =>
  item.expected !== null && item.baseline === item.expected && item.candidate !== item.expected;

/** Why it is in the list. */
const whyCell = (item: Item): Cell => {
  const verdict = (tone: Tone, text: string): Cell => ({ kind: 'verdict', tone, text });
  if (item.baseline === item.candidate)
    return item.shift > 0 ? verdict('neutral', 'less sure') : verdict('neutral', 'surer');
  if (item.expected === null) return verdict('neutral', 'changed');
  if (isHarm(item)) return verdict('fail', 'became wrong');
  return item.candidate === item.expected
    ? verdict('pass', 'became right')
    : verdict('neutral', 'wrong in another way');
};

type ShiftIs = NonNullable<AuditRecord['shiftIs']>;

/** How far answers moved: the column's unit, its factor, and what it says. */
const shifts: Readonly<
  Record<ShiftIs, { readonly unit: string; readonly times: number; readonly note: string } | null>
> = {
  probability: {
    unit: 'points',
    times: 100,
    note: 'Shift: how much less sure the version is of the original’s answer, in points of probability; the largest come first.',
  },
  relative: {
    unit: '%',
    times: 100,
    note: 'Shift: how far the version’s numbers are from the original’s, of the size of the original’s; the largest come first.',
  },
  absolute: {
    unit: '',
    times: 1,
    note: 'Shift: the difference to the original’s number; the largest come first.',
  },
  none: null,
};

const shiftCell = ({ shift }: Item, { times }: { readonly times: number }): Cell => ({
  kind: 'number',
  text: fixed(shift * times, times === 1 ? decimalsFor(shift) : 0),
  value: shift,
  low: shift,
  high: shift,
});

const rowOf = (item: Item, is: ShiftIs): Cell[] => {
  const shift = shifts[is];
  const groups = Object.entries(item.groups).map(([name, value]) => `${name}: ${value}`);
  const id = item.text === null ? [] : [`example ${item.id}`];
  return [
    {
      kind: 'data',
      text: clip(item.text ?? `example ${item.id}`, longestText),
      detail: [...id, ...groups].length === 0 ? [] : [[...id, ...groups].map((one) => clip(one, 80)).join(' · ')],
    },
    item.expected === null ? { kind: 'none' } : { kind: 'data', text: clip(item.expected, 80) },
    { kind: 'data', text: clip(item.baseline, 80) },
    { kind: 'data', text: clip(item.candidate, 80) },
    whyCell(item),
    ...(shift === null ? [] : [shiftCell(item, shift)]),
  ];
};

const table = (caption: string, is: ShiftIs, items: readonly Item[], notes: readonly string[]): Block => ({
  kind: 'table',
  caption,
  columns: [
    { title: 'Text', align: 'start', wide: true },
    { title: 'Right answer', align: 'start' },
    { title: 'Original said', align: 'start' },
    { title: 'This version says', align: 'start' },
    { title: 'In a word', align: 'start' },
    ...(shifts[is] === null ? [] : [{ title: 'Shift', unit: shifts[is].unit, align: 'end' as const }]),
  ],
  rows: items.map((item) => rowOf(item, is)),
  notes,
});

/** (f) The answers that got worse, with their texts: what a customer would notice. */
export const regressionSection = (view: View): Block[] => {
  const { subject } = view;
  const audit = subject?.audits.find(({ split }) => split === 'holdback') ?? subject?.audits[0];
  if (subject === null || audit === undefined) return [];
  const { changed, harmed, helped, of, items, shiftIs = 'probability' } = audit;
  const counts =
    changed === 0
      ? `${of === 1 ? 'The only answer is' : `All ${plural(of, 'answer')} are`} the same as from the original.`
      : `${plural(changed, 'answer')} of ${grouped(of)} changed: ${grouped(harmed)} became wrong, ${grouped(helped)} became right` +
        (changed - harmed - helped > 0
          ? `, ${grouped(changed - harmed - helped)} moved from one wrong answer to another.`
          : '.');
  const blocks: Block[] = [
    { kind: 'heading', level: 2, text: 'Answers that changed' },
    { kind: 'paragraph', text: counts },
  ];
  const moved = items.filter((item) => item.baseline !== item.candidate);
  const near = items.filter((item) => item.baseline === item.candidate);
  const nearly: Block[] =
    near.length === 0
      ? []
      : [
          {
            kind: 'details',
            title: `${plural(near.length, 'answer')} that stayed and moved most`,
            blocks: [
              table('The same answer, another certainty', shiftIs, near, [
                'The lead over the next answer changed most here, either way: these would be the next answers to change.',
              ]),
            ],
          },
        ];
  const harms = moved.filter(isHarm);
  const worst = (harms.length > 0 ? harms : moved).slice(0, shownFirst);
  if (worst.length === 0) return [...blocks, ...nearly];
  blocks.push(
    table(
      harms.length > 0 ? 'The worst answers that became wrong' : 'The largest changes',
      shiftIs,
      worst,
      shifts[shiftIs] === null ? [] : [shifts[shiftIs].note],
    ),
  );
  const rest = moved.filter((item) => !worst.includes(item)).slice(0, shownAtMost);
  if (rest.length > 0)
    blocks.push({
      kind: 'details',
      title: `${plural(rest.length, 'more changed answer')}`,
      blocks: [table('More answers that changed', shiftIs, rest, [])],
    });
  return [...blocks, ...nearly];
};
