import type { Cell } from '../blocks.ts';
import { capital } from '../text.ts';

/** A reason why a part of the space was not looked at, and how many more combinations there would be without it alone. */
export interface Aside {
  readonly reason: string;
  readonly points: number;
}

/** "exit/early does not follow quantize/static: it finds …" → what it is about and why; null: it gives no why. */
const split = (reason: string): { readonly about: string; readonly why: string } | null => {
  const at = reason.indexOf(': ');
  return at < 0 ? null : { about: reason.slice(0, at), why: reason.slice(at + 2) };
};

/** Words that all begin with. */
const shared = (texts: readonly string[]): string => {
  const [first = [], ...others] = texts.map((text) => text.split(' '));
  let count = 0;
  while (count < first.length - 1 && others.every((words) => words[count] === first[count])) count++;
  return first.slice(0, count).join(' ');
};

const points = (count: number): string => count.toLocaleString('en-US');

/** What some reasons with the same why are about, in one line where they begin alike: "exit/early does not follow quantize/static (120), …". */
const aboutLines = (some: readonly { readonly about: string; readonly points: number }[]): string[] => {
  const begin = shared(some.map(({ about }) => about));
  const each = some.map((one) => `${one.about.slice(begin.length).trim()} (${points(one.points)})`);
  return begin === '' ? each : [`${begin} ${each.join(', ')}`];
};

/** One row a reason, what it keeps out beside it; reasons that differ only in what they are about share one. The largest first. */
export const asideRows = (all: readonly Aside[]): readonly Cell[][] => {
  const groups = new Map<string, Aside[]>();
  for (const one of all.toSorted((a, b) => b.points - a.points)) {
    const key = split(one.reason)?.why ?? one.reason;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups].map(([why, some]): Cell[] => {
    const [most, least] = [some[0]!.points, some.at(-1)!.points];
    return [
      some.length === 1
        ? { kind: 'text', text: capital(some[0]!.reason) }
        : {
            kind: 'text',
            text: capital(why),
            detail: aboutLines(some.map((one) => ({ about: split(one.reason)?.about ?? '', points: one.points }))),
          },
      {
        kind: 'number',
        text: most === least ? points(most) : `${points(least)} to ${points(most)}`,
        value: most,
        low: least,
        high: most,
      },
    ];
  });
};
