import { SteelyardError, type Example } from '../../contracts/index.ts';

/** Two rows of the data that differ in one thing. */
export interface GivenPair {
  readonly id: string;
  readonly rows: readonly [number, number];
  /** Both have the same right answer, different ones, or one is not known. */
  readonly kind: 'same' | 'different' | 'unknown';
}

/** Pairs of rows with the same value in a column. Values that do not occur exactly twice are counted and left out.
 *  Errors: `fairness/pair-column` when the column is none of the group columns, or pairs nothing. */
export const pairsIn = (
  examples: readonly Example[],
  columns: readonly string[],
  column: string,
): { readonly pairs: readonly GivenPair[]; readonly odd: number } => {
  if (!columns.includes(column))
    throw new SteelyardError(
      'fairness/pair-column',
      `fairness/counterfactual: the data has no group column "${column}" to pair rows by`,
      `name it in data.columns.groups${columns.length === 0 ? '' : `; there: ${columns.join(', ')}`}`,
    );
  const byValue = new Map<string, number[]>();
  for (const [row, { groups }] of examples.entries()) {
    const value = groups[column];
    if (value === undefined) continue;
    const some = byValue.get(value);
    if (some === undefined) byValue.set(value, [row]);
    else some.push(row);
  }
  const pairs: GivenPair[] = [];
  let odd = 0;
  for (const [id, rows] of byValue) {
    if (rows.length !== 2) {
      odd += 1;
      continue;
    }
    const [one, two] = rows as [number, number];
    const [before, after] = [examples[one]!.label, examples[two]!.label];
    const kind = before === null || after === null ? 'unknown' : before === after ? 'same' : 'different';
    pairs.push({ id, rows: [one, two], kind });
  }
  return { pairs, odd };
};
