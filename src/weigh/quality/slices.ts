import { fewestItems, tooFew, type Example, type TooFew } from '../../contracts/index.ts';

export interface Slice {
  /** "style=casual". */
  readonly name: string;
  readonly rows: readonly number[];
}

const mostValues = 100;

export interface Sliced {
  /** The largest first. */
  readonly slices: readonly Slice[];
  /** Values that are too rare to report. */
  readonly refused: readonly TooFew[];
  /** A sentence for each column that is too scattered to report. */
  readonly remarks: readonly string[];
}

/** Rows per value of each group column, and what of it is not reported. */
export const slicesOf = (examples: readonly Example[], groups: readonly string[], rows: readonly number[]): Sliced => {
  const slices: Slice[] = [];
  const refused: TooFew[] = [];
  const remarks: string[] = [];
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
      remarks.push(`"${group}" has ${byValue.size} values: too many to report one by one`);
      continue;
    }
    for (const [value, some] of [...byValue].toSorted((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1)))
      if (some.length >= fewestItems) slices.push({ name: `${group}=${value}`, rows: some });
      else refused.push(tooFew(`${group}=${value}`, some.length));
  }
  return { slices, refused, remarks };
};
