import type { Comparison, Context, Evidence, Measurement } from '../../../contracts/index.ts';
import { bootstrapMean, tangoInterval, wilson } from '../../../statistics/index.ts';
import type { Broken, Finds } from './campaign.ts';

/** One version under all attacks, on the items that it and the original answer rightly. All maps: attack → one entry per item. */
export interface Siege {
  readonly items: number;
  /** Of the items drawn: how many are skipped because it or the original answers them wrongly, and which. */
  readonly skipped: readonly string[];
  readonly finds: Finds;
  /** The version's own texts, asked again. */
  readonly adaptive: Broken;
  /** Texts found on the original. */
  readonly transfer: Broken;
  /** Texts found on other versions that this comparison counts. */
  readonly others: Broken;
  readonly notes: readonly string[];
}

export interface SummarySetting {
  readonly confidence: number;
  readonly maxQueries: number;
  readonly context: Context;
}

/** An item is broken if any of these attacks broke it. */
const any = (items: number, ...sets: readonly Broken[]): readonly boolean[] =>
  Array.from({ length: items }, (_, item) =>
    sets.some((broken) => [...broken.values()].some((some) => some[item] === true)),
  );

const pairsOf = (before: readonly boolean[], after: readonly boolean[]): Extract<Evidence, { kind: 'pairs' }> => {
  const count = (baseline: boolean, candidate: boolean): number =>
    before.filter((one, at) => one === baseline && after[at] === candidate).length;
  return {
    kind: 'pairs',
    bothRight: count(false, false),
    onlyBaselineRight: count(false, true),
    onlyCandidateRight: count(true, false),
    bothWrong: count(true, true),
  };
};

const versusPairs = (before: readonly boolean[], after: readonly boolean[], confidence: number): Comparison => {
  const evidence = pairsOf(before, after);
  const [b, c, n] = [evidence.onlyBaselineRight, evidence.onlyCandidateRight, after.length];
  return {
    kind: 'difference',
    value: (c - b) / n,
    ...tangoInterval({ b, c, n }, confidence),
    evidence,
    method: `Tango score interval on ${n.toLocaleString('en-US')} items that both answer rightly`,
  };
};

interface Line {
  readonly metric: string;
  readonly slice?: string;
  readonly caveat?: string;
}

const share = (
  line: Line,
  before: readonly boolean[] | null,
  after: readonly boolean[],
  confidence: number,
): Measurement => {
  const right = after.filter((broken) => !broken).length;
  return {
    ...line,
    unit: 'proportion',
    value: right / after.length,
    ...wilson(right, after.length, confidence),
    confidence,
    samples: after.length,
    ...(before === null ? {} : { versus: versusPairs(before, after, confidence) }),
  };
};

const draws = 2000;

const average = (
  line: Line,
  unit: 'count' | 'proportion',
  before: readonly number[] | null,
  after: readonly number[],
  { confidence, context }: SummarySetting,
): Measurement => {
  const { metric, slice = '' } = line;
  const interval = (values: readonly number[]) => {
    const random = context.random(`robustness/attacks ${metric} ${slice}`);
    const value = values.reduce((all, one) => all + one, 0) / values.length;
    const { low, high, evidence } = bootstrapMean(values, { confidence, replicates: draws, random });
    return { value, low: Math.min(low, value), high: Math.max(high, value), evidence };
  };
  const { evidence: _own, ...own } = interval(after);
  const samples = after.length;
  const base: Measurement = { ...line, unit, ...own, confidence, samples };
  if (before === null) return base;
  const method = `paired bootstrap over ${samples.toLocaleString('en-US')} items, ${draws.toLocaleString('en-US')} draws`;
  return {
    ...base,
    versus: { kind: 'difference', ...interval(after.map((one, at) => one - before[at]!)), method },
  };
};

const list = (names: readonly string[], most: number): string =>
  names.length <= most ? names.join(', ') : `${names.slice(0, most).join(', ')} and ${names.length - most} more`;

const countsText = (name: string, { finds, adaptive, skipped }: Siege, maxQueries: number): string => {
  const broken = adaptive.get(name)!;
  const succeeded = broken.filter(Boolean).length;
  const ended = finds.get(name)!.filter(({ state, queries }) => state === 'failed' && queries >= maxQueries).length;
  return [
    `${succeeded} succeeded, ${broken.length - succeeded} failed, ${skipped.length} skipped`,
    ...(ended === 0 ? [] : [`${ended} ended by the limit of queries`]),
  ].join('; ');
};

const notesOf = ({ skipped, notes }: Siege): string | undefined => {
  const all = [
    ...(skipped.length === 0
      ? []
      : [`${skipped.length} items are skipped, answered wrongly before any attack: ${list(skipped, 5)}`]),
    ...notes,
  ];
  return all.length === 0 ? undefined : all.join('; ');
};

const withCaveat = (line: Line, caveat: string | undefined): Line =>
  caveat === undefined ? line : { ...line, caveat };

/** Values per item of the outcomes that pass. */
const each =
  (siege: Siege, of: (outcome: { queries: number; changed: number; words: number }) => number) =>
  (name: string): readonly number[] =>
    siege.finds.get(name)!.map(of);

/** A version's measurements. `baseline` is the original on the very same items, null for the original itself. No item: no measurement. */
export const summarize = (siege: Siege, baseline: Siege | null, setting: SummarySetting): readonly Measurement[] => {
  const { confidence, maxQueries } = setting;
  const names = [...siege.adaptive.keys()];
  if (siege.items === 0) return [];
  const found: Measurement[] = [];
  const accuracies = (metric: string, of: (one: Siege) => readonly Broken[], sliced: boolean): void => {
    const whole = (one: Siege): readonly boolean[] => any(one.items, ...of(one));
    const line = withCaveat({ metric }, notesOf(siege));
    found.push(share(line, baseline === null ? null : whole(baseline), whole(siege), confidence));
    if (!sliced) return;
    for (const name of names) {
      const caveat = metric === 'accuracy-under-attack' ? countsText(name, siege, maxQueries) : undefined;
      const before = baseline === null ? null : of(baseline)[0]!.get(name)!;
      found.push(
        share(withCaveat({ metric, slice: `attack=${name}` }, caveat), before, of(siege)[0]!.get(name)!, confidence),
      );
    }
  };
  if (names.length > 0) {
    accuracies('accuracy-under-attack', ({ adaptive }) => [adaptive], true);
    accuracies('transfer-accuracy', ({ transfer }) => [transfer], true);
    accuracies('robust-accuracy-best-known', ({ adaptive, transfer, others }) => [adaptive, transfer, others], false);
    for (const name of names) {
      const queries = (one: Siege) => each(one, (outcome) => outcome.queries)(name);
      const line = { metric: 'attack-queries', slice: `attack=${name}` };
      found.push(average(line, 'count', baseline === null ? null : queries(baseline), queries(siege), setting));
      const shares = siege.finds
        .get(name)!
        .filter((_, item) => siege.adaptive.get(name)![item] === true)
        .map(({ changed, words }) => changed / words);
      if (shares.length > 0)
        found.push(average({ metric: 'words-changed', slice: `attack=${name}` }, 'proportion', null, shares, setting));
    }
  }
  for (const [name, outcomes] of siege.finds) {
    if (!outcomes.some(({ state }) => state === 'reduced')) continue;
    const left = (one: Siege) => each(one, ({ words, changed }) => words - changed)(name);
    found.push(
      average({ metric: 'words-left' }, 'count', baseline === null ? null : left(baseline), left(siege), setting),
    );
  }
  return found;
};
