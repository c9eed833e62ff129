import { SteelyardError, type Example } from '../contracts/index.ts';
import { contentKey, lot } from './canonical.ts';

interface Stratum {
  readonly label: string;
  /** Rows with the same content stay together. */
  readonly bundles: { readonly draw: number; readonly key: string; readonly rows: number[] }[];
  size: number;
}

const strataOf = (examples: readonly Example[], seed: number, purpose: string): Stratum[] => {
  const bundles = new Map<string, number[]>();
  for (const [row, example] of examples.entries()) {
    const key = contentKey(example);
    const rows = bundles.get(key);
    if (rows === undefined) bundles.set(key, [row]);
    else rows.push(row);
  }
  const strata = new Map<string, Stratum>();
  for (const [key, rows] of bundles) {
    const label = rows.map((row) => examples[row]!.label ?? '').toSorted()[0]!;
    const stratum = strata.get(label) ?? { label, bundles: [], size: 0 };
    strata.set(label, stratum);
    stratum.bundles.push({ draw: lot(seed, purpose, key), key, rows });
    stratum.size += rows.length;
  }
  const sorted = [...strata.values()].toSorted((a, b) => (a.label < b.label ? -1 : 1));
  for (const { bundles: some } of sorted) some.sort((a, b) => a.draw - b.draw || (a.key < b.key ? -1 : 1));
  return sorted;
};

/** How many of each stratum to take so that the total is right: largest remainders. */
const quotas = (sizes: readonly number[], share: number): number[] => {
  const exact = sizes.map((size) => size * share);
  const whole = exact.map(Math.floor);
  const total = Math.round(sizes.reduce((sum, size) => sum + size, 0) * share);
  const order = exact
    .map((value, index) => ({ index, rest: value - whole[index]! }))
    .toSorted((a, b) => b.rest - a.rest || a.index - b.index);
  let left = total - whole.reduce((sum, count) => sum + count, 0);
  for (const { index } of order) {
    if (left <= 0) break;
    whole[index]! += 1;
    left -= 1;
  }
  return whole;
};

/** Set a share of the examples aside, stratified by label. Which ones depends on their content and the seed only, not on the row order;
 *  rows with the same content stay on the same side. Both parts keep the order of the data.
 *  Errors: `data/split` when a part would be empty. */
export const splitHoldback = (
  examples: readonly Example[],
  share: number,
  seed: number,
): { readonly evaluation: Example[]; readonly holdback: Example[] } => {
  const strata = strataOf(examples, seed, 'holdback');
  const wanted = quotas(
    strata.map(({ size }) => size),
    share,
  );
  const held = new Set<number>();
  for (const [index, { bundles }] of strata.entries()) {
    let taken = 0;
    for (const { rows } of bundles) {
      if (taken >= wanted[index]!) break;
      for (const row of rows) held.add(row);
      taken += rows.length;
    }
  }
  const evaluation = examples.filter((_, row) => !held.has(row));
  const holdback = examples.filter((_, row) => held.has(row));
  if (evaluation.length === 0 || holdback.length === 0)
    throw new SteelyardError(
      'data/split',
      `setting ${share * 100} % of ${examples.length} examples aside leaves one part empty`,
      'give more examples, another share, or a file of its own for the holdback',
    );
  return { evaluation, holdback };
};
