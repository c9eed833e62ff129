/** Letters of a keyboard by row, top to bottom. */
export const layouts = {
  qwerty: ['qwertyuiop', 'asdfghjkl', 'zxcvbnm'],
  qwertz: ['qwertzuiopü', 'asdfghjklöä', 'yxcvbnm'],
  azerty: ['azertyuiop', 'qsdfghjklm', 'wxcvbn'],
} as const;
export type Layout = keyof typeof layouts;

/** How far each row is shifted to the right. Units: key widths. */
const shifts = [0, 0.25, 0.75];

/** The letters whose keys touch this letter's key: beside it in its row, or above and below it with the rows' shift.
 *  Source: HELM's typo perturbation (keys at distance 1), on the standard layouts. */
export const neighborsOf = (layout: Layout): ReadonlyMap<string, readonly string[]> => {
  const keys = layouts[layout].flatMap((row, y) => Array.from(row, (letter, x) => ({ letter, x: x + shifts[y]!, y })));
  return new Map(
    keys.map((one) => [
      one.letter,
      keys
        .filter((other) => other !== one && (other.x - one.x) ** 2 + (other.y - one.y) ** 2 < 1.26 ** 2)
        .map(({ letter }) => letter),
    ]),
  );
};
