import type { AuditRecord, Example, Judging, Predictions } from '../../contracts/index.ts';
import { answersOf } from './answers.ts';
import { auditAnswers, textOf } from './audit-answers.ts';
import { probabilities } from './softmax.ts';

export type Audit = Pick<AuditRecord, 'items' | 'harmed' | 'helped' | 'changed' | 'of'>;

/** The examples on which a candidate answers differently than the baseline, worst first: right answers lost, then other changes, then
 *  right answers won; within each by how much the candidate's probability of the baseline's answer fell. At most `limit` items; the counts are of all.
 *  Errors: `quality/rows`, `task/not-finite`. Source: compression-identified exemplars (Hooker et al. 2019), as a list for people to read. */
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
  for (const [row, example] of examples.entries()) {
    const [before, after] = [baseline.predicted[row]!, candidate.predicted[row]!];
    if (before === after) continue;
    const own = probabilities(baseline.scores, row * classes, classes)[before]!;
    const now = probabilities(candidate.scores, row * classes, classes)[before]!;
    const rank = example.label === labels[before] ? harm : example.label === labels[after] ? help : other;
    found.push({
      rank: rank!,
      item: {
        id: example.id,
        text: textOf(example),
        groups: example.groups,
        expected: example.label,
        baseline: labels[before]!,
        candidate: labels[after]!,
        shift: own - now,
      },
    });
  }
  return {
    items: found
      .toSorted((a, b) => a.rank - b.rank || b.item.shift - a.item.shift)
      .slice(0, limit)
      .map(({ item }) => item),
    harmed: found.filter(({ rank }) => rank === harm).length,
    helped: found.filter(({ rank }) => rank === help).length,
    changed: found.length,
    of: examples.length,
  };
};
