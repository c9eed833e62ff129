import { SteelyardError, type Example } from '../contracts/index.ts';
import { contentKey } from './canonical.ts';

export interface Overlap {
  /** Examples of the second set that also occur in the first. */
  readonly count: number;
  /** The first few, by the ids of both sides. */
  readonly first: readonly { readonly a: string; readonly b: string; readonly text: string | null }[];
}

/** Examples of `b` whose content is also in `a`: texts compared without case, width and white space, tensors by their bytes. */
export const overlap = (a: readonly Example[], b: readonly Example[]): Overlap => {
  const known = new Map<string, string>();
  for (const example of a) known.set(contentKey(example), example.id);
  let count = 0;
  const first: { a: string; b: string; text: string | null }[] = [];
  for (const example of b) {
    const id = known.get(contentKey(example));
    if (id === undefined) continue;
    count += 1;
    if (first.length < 5) first.push({ a: id, b: example.id, text: example.text ?? null });
  }
  return { count, first };
};

/** Refuse two sets that share content. Errors: `data/overlap` with the count and the first shared examples. */
export const refuseOverlap = (
  a: { readonly name: string; readonly examples: readonly Example[] },
  b: { readonly name: string; readonly examples: readonly Example[] },
): void => {
  const { count, first } = overlap(a.examples, b.examples);
  if (count === 0) return;
  const shown = first.map((one) =>
    one.text === null ? `row ${one.a} = row ${one.b}` : `row ${one.a} = row ${one.b}: "${one.text.slice(0, 60)}"`,
  );
  throw new SteelyardError(
    'data/overlap',
    `${count} ${count === 1 ? 'example' : 'examples'} of the ${b.name} data also ${count === 1 ? 'is' : 'are'} in the ${a.name} data: ${shown.join('; ')}`,
    count === b.examples.length
      ? `the ${b.name} data is wholly inside the ${a.name} data: is the same file named twice? Give it rows of its own: a version tuned on an example is not tested by it`
      : `a version tuned on an example is not tested by it: remove them from the ${a.name} data`,
  );
};
