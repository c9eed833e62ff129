import type { Example, Feeds, Model, Value, ValueInfo } from '../../contracts/index.ts';
import { floatsToHalf } from '../../model/tensor/index.ts';
import { seeded } from '../../statistics/index.ts';

const texts = [
  'Hello, I would like to know when my order arrives.',
  'The screen stays black after the last update, what can I do?',
  'thanks!!',
  'Can you please cancel my subscription at the end of this month?',
  'i was charged twice for the same thing pls help',
  'The film was slow at first, but the ending made up for it.',
  'Is it possible to change the delivery address of an order that has already shipped?',
  'No.',
  'Quarterly revenue rose by 4.2 % while operating costs fell slightly.',
  'Where do I find the invoice for March?',
  'It keeps asking for a password although I have reset it three times already.',
  'The quick brown fox jumps over the lazy dog near the river bank.',
  'My parcel is damaged: the box was open and one of the two glasses is broken.',
  'What is the difference between the basic and the premium plan, and can I switch later?',
  'great service, will order again',
  'Good morning, our team needs three more licences; whom should I contact about the contract, the price and the start date?',
];

/** Short English texts for a first comparison of two versions when the user gives no data of their own. */
export const sampleTexts: readonly Example[] = texts.map((text, index) => ({
  id: String(index + 1),
  text,
  label: null,
  groups: {},
}));

const arrayOf = (
  { type }: ValueInfo,
  seed: number,
  name: string,
  rows: number | null,
  length: number,
  /** Symbols that stand for the rows. */
  batch: ReadonlySet<string>,
): Value | null => {
  if (type?.kind !== 'tensor' || type.dims === null) return null;
  const [first] = type.dims;
  const open = type.dims.findIndex((dim) => typeof dim !== 'number' || dim < 0);
  // A first size of two or more that is fixed counts layers or directions: the rows come after it.
  const isRows = (axis: number, dim: unknown): boolean =>
    axis === 0 || (typeof dim === 'string' ? batch.has(dim) : typeof first === 'number' && first > 1 && axis === open);
  const fixed = (dim: unknown): boolean => typeof dim === 'number' && dim >= 0;
  const dims = type.dims.map((dim, axis) => (fixed(dim) ? Number(dim) : isRows(axis, dim) ? (rows ?? 2) : length));
  // A size that the model fixes is not what was asked for.
  const carried = type.dims.some((dim, axis) => axis > 0 && !fixed(dim) && isRows(axis, dim));
  if (rows !== null && dims[0] !== rows && !carried) return null;
  const count = dims.reduce((product, dim) => product * dim, 1);
  if (count > 50_000_000) return null;
  const random = seeded(seed, name);
  const fill = <T>(make: () => T): T[] => Array.from({ length: count }, make);
  switch (type.dtype) {
    case 'float32':
      return { dtype: 'float32', dims, data: Float32Array.from(fill(() => random.normal())) };
    case 'float64':
      return { dtype: 'float64', dims, data: Float64Array.from(fill(() => random.normal())) };
    case 'float16':
      return { dtype: 'float16', dims, data: floatsToHalf(Float32Array.from(fill(() => random.normal()))) };
    case 'int64':
      return { dtype: 'int64', dims, data: BigInt64Array.from(fill(() => BigInt(random.integer(2)))) };
    case 'int32':
      return { dtype: 'int32', dims, data: Int32Array.from(fill(() => random.integer(2))) };
    case 'bool':
      return { dtype: 'bool', dims, data: Uint8Array.from(fill(() => 1)) };
    default:
      return null;
  }
};

/** What the inputs call their first size. */
const rowSymbols = (inputs: readonly ValueInfo[]): ReadonlySet<string> =>
  new Set(
    inputs.flatMap(({ type }) => {
      const first = type?.kind === 'tensor' ? type.dims?.[0] : undefined;
      return typeof first === 'string' ? [first] : [];
    }),
  );

/** Whether some size beyond the first is open: how long inputs must be is then for the model to say. */
export const hasOpenLength = ({ graph }: Model): boolean =>
  graph.inputs.some(
    ({ name, type }) =>
      !graph.initializers.has(name) &&
      type?.kind === 'tensor' &&
      type.dims?.slice(1).some((dim) => typeof dim !== 'number' || dim < 0) === true,
  );

/** Random inputs of the declared types: normal numbers for floats, 0 and 1 for integers. `rows`: the first size of every input, 2 without it;
 *  `length`: other open sizes. Empty when a type is not covered, or the model fixes another number of rows. */
export const madeUpFeeds = ({ graph }: Model, seed: number, rows: number | null = null, length = 2): Feeds[] => {
  const inputs = graph.inputs.filter(({ name }) => !graph.initializers.has(name));
  const batches: Feeds[] = [];
  for (let batch = 0; batch < 4; batch++) {
    const feeds: Record<string, Value> = {};
    for (const input of inputs) {
      const value = arrayOf(input, seed, `${input.name}/${batch}`, rows, length, rowSymbols(inputs));
      if (value === null) return [];
      feeds[input.name] = value;
    }
    batches.push(feeds);
  }
  return batches;
};
