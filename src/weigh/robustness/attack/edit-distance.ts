import type { Text } from './types.ts';

/** Levenshtein distance of two strings in code points, or `most` + 1 when it is larger: only a band of that width is computed.
 *  Source: Ukkonen 1985. */
export const editDistance = (a: string, b: string, most: number): number => {
  if (a === b) return 0;
  const [from, to] = [Array.from(a), Array.from(b)];
  const far = most + 1;
  if (Math.abs(from.length - to.length) > most) return far;
  let before = Int32Array.from({ length: to.length + 1 }, (_, at) => Math.min(at, far));
  let now = new Int32Array(to.length + 1);
  for (let row = 1; row <= from.length; row++) {
    const first = Math.max(1, row - most);
    const last = Math.min(to.length, row + most);
    now.fill(far);
    if (row <= most) now[0] = row;
    let least = now[0]!;
    for (let at = first; at <= last; at++) {
      const same = from[row - 1] === to[at - 1] ? 0 : 1;
      now[at] = Math.min(before[at - 1]! + same, before[at]! + 1, now[at - 1]! + 1, far);
      least = Math.min(least, now[at]!);
    }
    if (least > most) return far;
    [before, now] = [now, before];
  }
  return before[to.length]!;
};

/** The distance over both fields. */
export const textDistance = (a: Text, b: Text, most: number): number => {
  const own = editDistance(a.text, b.text, most);
  return Math.min(most + 1, own + editDistance(a.pair ?? '', b.pair ?? '', most));
};
