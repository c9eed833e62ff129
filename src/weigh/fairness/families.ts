import { fewestItems, type Example, type TooFew } from '../../contracts/index.ts';
import { slicesOf, type Slice, type Sliced } from '../quality/slices.ts';

/** Groups that can be told apart by one column, or by two together. */
export interface Family {
  /** "style", "style × language". */
  readonly name: string;
  /** One column, or two. */
  readonly columns: readonly string[];
  /** Large enough to be reported, the largest first. */
  readonly groups: readonly Slice[];
  /** Which group a row belongs to, −1 for none. Shape [rows given]. */
  readonly of: Int32Array;
  /** Rows without a value in a column. */
  readonly missing: number;
}

export interface Families {
  readonly families: readonly Family[];
  /** Groups of one column that are too small to report. */
  readonly refused: readonly TooFew[];
  /** One sentence for everything else that is not reported. */
  readonly remarks: readonly string[];
}

/** More pairs of columns than this are more tables than anybody reads. */
const mostPairs = 6;

const build = (
  examples: readonly Example[],
  columns: readonly string[],
  rows: readonly number[],
): Pick<Sliced, 'refused' | 'remarks'> & { readonly family: Family } => {
  const name = columns.join(' × ');
  const valueOf = (row: number): string | undefined => {
    const values = columns.map((column) => examples[row]!.groups[column]);
    return values.includes(undefined) ? undefined : values.join(' × ');
  };
  const seen = rows.map((row): Example => {
    const value = valueOf(row);
    return { id: '', label: null, groups: value === undefined ? {} : { [name]: value } };
  });
  const places = [...seen.keys()];
  const { slices, refused, remarks } = slicesOf(seen, [name], places);
  const of = new Int32Array(rows.length).fill(-1);
  for (const [group, slice] of slices.entries()) for (const place of slice.rows) of[place] = group;
  const missing = seen.filter(({ groups }) => groups[name] === undefined).length;
  return { family: { name, columns, groups: slices, of, missing }, refused, remarks };
};

/** The groups of each column, and of each pair of columns, among the given rows of a data set. `Slice.rows` are places in `rows`.
 *  Groups below 30 rows are refused by name; a crossing that is one of the two groups over again is left out, and so is a pair of
 *  columns that tells nothing new. Rows without a value belong to no group. */
export const familiesOf = (
  examples: readonly Example[],
  columns: readonly string[],
  rows: readonly number[],
  intersections: boolean,
): Families => {
  const singles = columns.map((column) => build(examples, [column], rows));
  const families = singles.map(({ family }) => family);
  const refused = singles.flatMap((single) => single.refused);
  const remarks = singles.flatMap(({ family, remarks: some }) => [
    ...some,
    ...(family.missing === 0
      ? []
      : [`${family.missing} ${family.missing === 1 ? 'example has' : 'examples have'} no ${family.name}`]),
  ]);
  if (!intersections) return { families, refused, remarks };
  const pairs = columns.flatMap((one, at) => columns.slice(at + 1).map((two) => [one, two] as const));
  if (pairs.length > mostPairs)
    return {
      families,
      refused,
      remarks: [
        ...remarks,
        `${columns.length} group columns have ${pairs.length} pairs: crossings are reported for at most ${mostPairs}`,
      ],
    };
  const sizeOf = new Map(families.flatMap(({ groups }) => groups.map(({ name, rows: some }) => [name, some.length])));
  for (const pair of pairs) {
    const crossed = build(examples, pair, rows);
    const old = ({ rows: some }: Slice): boolean =>
      pair.some((column) => sizeOf.get(`${column}=${examples[rows[some[0]!]!]!.groups[column]!}`) === some.length);
    const groups = crossed.family.groups.filter((slice) => !old(slice));
    if (groups.length > 0) {
      const of = new Int32Array(rows.length).fill(-1);
      for (const [group, slice] of groups.entries()) for (const place of slice.rows) of[place] = group;
      families.push({ ...crossed.family, groups, of });
    }
    const tiny = crossed.refused;
    remarks.push(...crossed.remarks);
    if (tiny.length > 0)
      remarks.push(
        `${tiny.length} ${tiny.length === 1 ? 'crossing' : 'crossings'} of ${crossed.family.name} ${tiny.length === 1 ? 'has' : 'have'} fewer than ${fewestItems} examples`,
      );
  }
  return { families, refused, remarks };
};
