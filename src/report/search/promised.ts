import { nounOf } from '../sections/words.ts';
import type { View } from '../view.ts';
import { bestFirst, looksOf, qualifies, readingOf, readText, type Looks, type Seen } from './looks.ts';

/** One standard error of the first objective's difference between two looks. */
const errorOf = (a: Seen, b: Seen): number => Math.hypot(a.outcome.errors[0] ?? 0, b.outcome.errors[0] ?? 0);

const isCut = (looks: Looks): boolean => looks.explored?.ended === 'time';

const rungOf = ({ search }: Looks, look: Seen): string => search.rungs[look.rung]?.name ?? String(look.rung);

/** Versions that short looks showed ahead of the best one that was weighed, by more than two standard errors in what is preferred most, and that
 *  were not weighed in full because the search's time was used up; the most promising first. */
const promised = (looks: Looks): readonly Seen[] => {
  if (!isCut(looks)) return [];
  const finalists = new Set(looks.explored?.finalists ?? []);
  const seen = bestFirst(looks.trials).filter(qualifies);
  const weighed = seen.find(({ chain }) => finalists.has(chain.id));
  if (weighed === undefined) return [];
  return seen.filter(
    (look) =>
      !finalists.has(look.chain.id) &&
      (weighed.outcome.objectives[0] ?? 0) - (look.outcome.objectives[0] ?? 0) > 2 * errorOf(weighed, look),
  );
};

/** What a reader must know before acting: that something looked better and there was no time to weigh it. null: nothing did. */
export const promiseText = (view: View): string | null => {
  const looks = looksOf(view.records);
  const [best] = looks === null ? [] : promised(looks);
  if (looks === null || best === undefined) return null;
  const metric = view.metrics.get(looks.search.objectives[0] ?? '');
  const [value = Number.NaN] = best.outcome.objectives;
  const found =
    metric === undefined
      ? ''
      : ` (${nounOf(metric)} ${readText(readingOf(metric), value, best.outcome.errors[0] ?? 0)} against the original)`;
  return `a short look at ${rungOf(looks, best)} promised more of ${best.chain.id}${found}, but there was no time to weigh it: a larger budget may find a better version`;
};

/** Why a version that was built has no verdict, in the words of the search; null: there was no search, or it did not look at this version. */
export const unweighedText = (view: View, id: string): string | null => {
  const looks = looksOf(view.records);
  const look = looks === null ? undefined : bestFirst(looks.trials).find(({ chain }) => chain.id === id);
  if (looks === null || look === undefined) return null;
  const rung = rungOf(looks, look);
  if (!qualifies(look)) return `Looked at on ${rung}: it does not seem to meet every condition.`;
  if (look.rung < looks.search.rungs.length - 1 && isCut(looks))
    return `Looked at on ${rung}, where it seems to meet every condition; the search’s time was used up before a closer look.`;
  return `Looked at on ${rung}: others promised more.`;
};
