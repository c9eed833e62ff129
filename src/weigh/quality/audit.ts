import type { AuditRecord, Example, Judging, Predictions } from '../../contracts/index.ts';
import { answersOf } from './answers.ts';
import { auditAnswers, textOf } from './audit-answers.ts';
import { probabilities } from './softmax.ts';

export type Audit = Pick<AuditRecord, 'items' | 'shiftIs' | 'harmed' | 'helped' | 'changed' | 'of'>;

/** Examples with the same answer whose margin moved most, beside those with another answer. */
const mostMoved = 20;
/** Margins that move by less than a point of probability are rounding. */
const leastMove = 0.01;

/** How far an answer is ahead of the next one: its probability minus the largest of the others. */
const marginOf = (shares: Float64Array, answer: number): number => {
  let next = 0;
  for (const [label, share] of shares.entries()) if (label !== answer) next = Math.max(next, share);
  return shares[answer]! - next;
};

/** The examples on which a candidate answers differently than the baseline, worst first: right answers lost, then other changes, then
 *  right answers won; within each by how much the candidate's probability of the baseline's answer fell. At most `limit` items; the counts
 *  are of all. After them up to 20 examples whose answer stays but whose margin moved most either way: the next ones to change.
 *  Errors: `quality/rows`, `task/not-finite`.
 *  Source: compression-identified exemplars (Hooker et al. 2019); with one model each: flips and the largest |Δ margin|, for people to read. */
export const auditItems = (
  examples: readonly Example[],
  baseline: Predictions,
  candidate: Predictions,
  limit = 100,
  judging?: Judging,
): Audit => {
  if (judging !== undefined) return auditAnswers(examples, baseline, candidate, judging, limit);
  answersOf(baseline, examples, 'the original');
  answersOf(candidate, examples, 'the candidate');
  const { labels } = baseline;
  const classes = labels.length;
  const [harm, other, help] = [0, 1, 2];
  const found: { readonly rank: number; readonly item: Audit['items'][number] }[] = [];
  const moved: { readonly size: number; readonly item: Audit['items'][number] }[] = [];
  for (const [row, example] of examples.entries()) {
    const [before, after] = [baseline.predicted[row]!, candidate.predicted[row]!];
    const own = probabilities(baseline.scores, row * classes, classes);
    const now = probabilities(candidate.scores, row * classes, classes);
    const item = {
      id: example.id,
      text: textOf(example),
      groups: example.groups,
      expected: example.label,
      baseline: labels[before]!,
      candidate: labels[after]!,
      shift: own[before]! - now[before]!,
    };
    if (before === after) {
      const size = Math.abs(marginOf(own, before) - marginOf(now, before));
      if (size >= leastMove) moved.push({ size, item });
      continue;
    }
    const rank = example.label === labels[before] ? harm : example.label === labels[after] ? help : other;
    found.push({ rank: rank!, item });
  }
  return {
    items: [
      ...found.toSorted((a, b) => a.rank - b.rank || b.item.shift - a.item.shift).slice(0, limit),
      ...moved.toSorted((a, b) => b.size - a.size).slice(0, mostMoved),
    ].map(({ item }) => item),
    shiftIs: 'probability',
    harmed: found.filter(({ rank }) => rank === harm).length,
    helped: found.filter(({ rank }) => rank === help).length,
    changed: found.length,
    of: examples.length,
  };
};
