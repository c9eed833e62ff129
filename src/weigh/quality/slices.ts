import { fewestItems, tooFew, type Example } from '../../contracts/index.ts';

export interface Slice {
  /** "style=casual". */
  readonly name: string;
  readonly rows: readonly number[];
}

const mostValues = 100;

/** Rows per value of each group column, largest first, and a sentence for everything that is too small or too scattered to report. */
export const slicesOf = (
  examples: readonly Example[],
  groups: readonly string[],
  rows: readonly number[],
): { readonly slices: readonly Slice[]; readonly refused: readonly string[] } => {
  const slices: Slice[] = [];
  const refused: string[] = [];
  for (const group of groups) {
    const byValue = new Map<string, number[]>();
    for (const row of rows) {
      const value = examples[row]!.groups[group];
      if (value === undefined) continue;
      const some = byValue.get(value);
      if (some === undefined) byValue.set(value, [row]);
      else some.push(row);
    }
    if (byValue.size > mostValues) {
      refused.push(`"${group}" has ${byValue.size} values: too many to report one by one`);
      continue;
    }
    for (const [value, some] of [...byValue].toSorted((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1)))
      if (some.length >= fewestItems) slices.push({ name: `${group}=${value}`, rows: some });
      else refused.push(tooFew(`${group}=${value}`, some.length));
  }
  return { slices, refused };
};
