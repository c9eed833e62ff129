import type { Exhibit } from '../../../contracts/index.ts';
import type { Broken, Finds } from './campaign.ts';
import type { Item, Outcome, Text } from './types.ts';

/** One text that an attack found, for people to read. */
export interface AttackedText {
  readonly attack: string;
  readonly item: string;
  readonly original: Text;
  readonly attacked: Text;
  /** The right answer, which the version gave before. */
  readonly label: string;
  readonly answer: string;
  /** 1 − p(right answer) before and after. */
  readonly dangerBefore: number;
  readonly dangerAfter: number;
  readonly changed: number;
  readonly words: number;
}

/** The texts that break a version, the least changed first: for an audit list. `broken` says which finds held when they were asked again.
 *  At most `limit` per attack. */
export const attackedTexts = (
  finds: Finds,
  broken: Broken,
  items: readonly Item[],
  labels: readonly string[],
  limit = 20,
): readonly AttackedText[] => {
  const described = (attack: string, outcome: Outcome, item: Item): AttackedText => ({
    attack,
    item: item.id,
    original: item.text,
    attacked: outcome.text,
    label: labels[item.label]!,
    answer: labels[outcome.after.predicted]!,
    dangerBefore: outcome.before.danger,
    dangerAfter: outcome.after.danger,
    changed: outcome.changed,
    words: outcome.words,
  });
  return [...finds].flatMap(([attack, outcomes]) =>
    outcomes
      .flatMap((outcome, at) => (broken.get(attack)?.[at] === true ? [described(attack, outcome, items[at]!)] : []))
      .toSorted((a, b) => a.changed / a.words - b.changed / b.words || b.dangerAfter - a.dangerAfter)
      .slice(0, limit),
  );
};

const whole = ({ text, pair }: Text): string => (pair === undefined ? text : `${text} ⏎ ${pair}`);

/** The same as a record keeps them: a few of each attack. */
export const exhibitsOf = (
  finds: Finds,
  broken: Broken,
  items: readonly Item[],
  labels: readonly string[],
  limit = 5,
): readonly Exhibit[] =>
  attackedTexts(finds, broken, items, labels, limit).map(({ attack, item, original, attacked, label, answer }) => ({
    how: attack,
    example: item,
    original: whole(original),
    changed: whole(attacked),
    label,
    answer,
  }));
