import { caveatText, isLack } from '../../contracts/index.ts';
import type { Block } from '../blocks.ts';
import { capital, listed } from '../text.ts';
import { splits, type View } from '../view.ts';
import { familyTitles } from './families.ts';
import { nounOf } from './phrases.ts';

/** What weakens a number; everything else that evaluators add is a remark. */
const isWarning = (part: string): boolean =>
  /^(unreliable|imprecise|rough|saturated|load\/|an? estimate|estimate|no traffic|of [\d,]+ requests:|in \d+ of \d+ runs|probes had)/.test(
    part,
  ) || part.startsWith('not an MLPerf result');

/** Two sessions that are as unsure in the same way are one warning: numbers do not make a new one. */
const sameness = (part: string): string => part.replace(/[\d.,]+/g, '#');

/** Between the remarks of a caveat, not inside brackets. */
const seam = /; (?![^(]*\))/;

/** More metrics of one family than this are called by the family. */
const mostNames = 3;
const mostWarnings = 8;

interface Remark {
  readonly text: string;
  readonly metrics: Set<string>;
}

const remarksOf = (view: View): readonly Remark[] => {
  const found = new Map<string, Remark>();
  // What the version that the report is about is told stands for the others, where only numbers differ.
  for (const version of new Set([...(view.about === null ? [] : [view.about]), view.baseline, ...view.candidates]))
    for (const measurements of [...splits.map((split) => version.measured.get(split) ?? []), version.withoutValue])
      for (const one of measurements) {
        const { metric } = one;
        const caveat = caveatText(one);
        // What the original is compared with itself for is said where it matters.
        if (caveat === undefined || (version === view.baseline && view.metrics.get(metric)?.versus === 'none'))
          continue;
        for (const text of caveat.split(seam)) {
          const key = sameness(text);
          const remark = found.get(key) ?? { text, metrics: new Set<string>() };
          found.set(key, remark);
          remark.metrics.add(metric);
        }
      }
  return [...found.values()];
};

/** "Median latency and throughput", or "Speed and load (9 metrics)". */
const about = (view: View, titles: ReadonlyMap<string, string>, metrics: ReadonlySet<string>): string => {
  const families = new Map<string, string[]>();
  for (const id of metrics) {
    const title = titles.get(id) ?? 'Other';
    const metric = view.metrics.get(id);
    families.set(title, [...(families.get(title) ?? []), metric === undefined ? id : nounOf(metric)]);
  }
  return capital(
    listed(
      [...families].flatMap(([title, names]) =>
        names.length > mostNames ? [`${title.toLowerCase()} (${names.length} metrics)`] : names,
      ),
    ),
  );
};

const line = (view: View, titles: ReadonlyMap<string, string>, { text, metrics }: Remark): string =>
  `${about(view, titles, metrics)}: ${text.replace(/[.!]?$/, '.')}`;

/** What a reader must know about the numbers, each thing once; remarks on single metrics are folded away. */
export const caveatBlocks = (view: View): Block[] => {
  const titles = familyTitles(view);
  const all = remarksOf(view);
  const foreign =
    view.elsewhere.length === 0
      ? []
      : [`Measurements from another machine are in the records too and are left out: ${listed(view.elsewhere)}.`];
  // What the scenario asks about and did not get.
  const lacks = ({ text, metrics }: Remark): boolean =>
    isLack(text) && [...metrics].some((metric) => view.named.has(metric));
  const weakens = (one: Remark): boolean => isWarning(one.text) || lacks(one);
  const warnings = all.filter(weakens).toSorted((a, b) => b.metrics.size - a.metrics.size);
  const shown = [...foreign, ...warnings.slice(0, mostWarnings).map((one) => line(view, titles, one))];
  const rest = [...warnings.slice(mostWarnings), ...all.filter((one) => !weakens(one))];
  return [
    ...(shown.length === 0
      ? []
      : [{ kind: 'heading', level: 3, text: 'Keep in mind' } as const, { kind: 'list', items: shown } as const]),
    ...(rest.length === 0
      ? []
      : [
          {
            kind: 'details',
            title: 'Remarks on single metrics',
            blocks: [{ kind: 'list', items: rest.map((one) => line(view, titles, one)) }],
          } as const,
        ]),
  ];
};
