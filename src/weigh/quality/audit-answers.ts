import type { AuditRecord, Example, Judging, Predictions, Span } from '../../contracts/index.ts';

type Audit = Pick<AuditRecord, 'items' | 'shiftIs' | 'harmed' | 'helped' | 'changed' | 'of'>;

/** What an example says, for people to read; null where it is no text. */
export const textOf = ({ text, pair, words, image }: Example): string | null => {
  if (words !== undefined) return words.join(' ');
  if (image?.kind === 'file') return image.path;
  if (text === undefined) return null;
  return pair === undefined ? text : `${text} ⏐ ${pair}`;
};

const shown = (numbers: ArrayLike<number>): string => {
  const some = Array.from({ length: Math.min(4, numbers.length) }, (_, at) =>
    String(Number(numbers[at]!.toPrecision(5))),
  );
  return numbers.length === 1 ? some[0]! : `[${some.join(', ')}${numbers.length > 4 ? ', …' : ''}]`;
};

const expectedOf = ({ gold }: Example): string | null => {
  if (gold === undefined) return null;
  if (typeof gold === 'number') return String(gold);
  if (Array.isArray(gold)) return gold.length === 0 ? '(none)' : gold.join(' · ');
  return 'outputs' in gold ? null : Object.keys(gold).join(' · ');
};

/** How to read and compare answers, whatever they are. */
const reader = ({ sizes, scores, answers }: Predictions) => {
  const starts = new Float64Array((sizes?.length ?? 0) + 1);
  for (const [row, size] of (sizes ?? new Int32Array()).entries()) starts[row + 1] = starts[row]! + size;
  const numbers = (row: number): Float32Array => scores.subarray(starts[row], starts[row + 1]);
  return {
    numbers,
    words(row: number): string {
      const answer = answers?.[row];
      if (answer === undefined) return shown(numbers(row));
      if (!Array.isArray(answer)) return (answer as Span).text || '(no answer)';
      return answer.length === 0 ? '(none)' : answer.join(' ');
    },
  };
};

/** ‖a − b‖₂, or that ÷ ‖a‖₂. */
const distance = (a: Float32Array, b: Float32Array, relative: boolean): number => {
  let [error, size] = [0, 0];
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    error += ((a[at] ?? 0) - (b[at] ?? 0)) ** 2;
    size += (a[at] ?? 0) ** 2;
  }
  return error === 0 ? 0 : Math.sqrt(relative ? error / Math.max(size, Number.MIN_VALUE) : error);
};

/** The examples that a candidate answers otherwise than the baseline, worst first: right answers lost, then other changes by how large they are,
 *  then right answers won. `shift`: for one number the difference, for several the relative distance, for words 1. At most `limit` items; the counts are of all. */
export const auditAnswers = (
  examples: readonly Example[],
  baseline: Predictions,
  candidate: Predictions,
  judging: Judging,
  limit: number,
): Audit => {
  const judged = [baseline, candidate].map((predictions) => {
    const { rows, right } = judging.judge(examples, predictions, baseline);
    return new Map(right === undefined ? [] : rows.map((row, at) => [row, right[at]!]));
  });
  const [before, after] = [reader(baseline), reader(candidate)];
  const shiftIs =
    judging.changed !== undefined
      ? 'none'
      : examples.every((_, row) => before.numbers(row).length === 1)
        ? 'absolute'
        : 'relative';
  const found: { readonly rank: number; readonly item: Audit['items'][number] }[] = [];
  for (const [row, example] of examples.entries()) {
    const shift =
      judging.changed === undefined
        ? distance(before.numbers(row), after.numbers(row), shiftIs === 'relative')
        : judging.changed(baseline, candidate, row)
          ? 1
          : 0;
    if (shift === 0) continue;
    const [was, is] = judged.map((right) => right.get(row));
    found.push({
      rank: was === 1 && is === 0 ? 0 : was === 0 && is === 1 ? 2 : 1,
      item: {
        id: example.id,
        text: textOf(example),
        groups: example.groups,
        expected: expectedOf(example),
        baseline: before.words(row),
        candidate: after.words(row),
        shift,
      },
    });
  }
  return {
    items: found
      .toSorted((a, b) => a.rank - b.rank || b.item.shift - a.item.shift)
      .slice(0, limit)
      .map(({ item }) => item),
    shiftIs,
    harmed: found.filter(({ rank }) => rank === 0).length,
    helped: found.filter(({ rank }) => rank === 2).length,
    changed: found.length,
    of: examples.length,
  };
};
