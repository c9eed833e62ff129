import type { Task, TaskSettings } from '../../contracts/index.ts';
import { fingerprintOf } from './fingerprint.ts';
import { judgeLabels } from './judging/index.ts';
import { textClassification, type TextTaskParts } from './text-classification.ts';

/** Text in, any number of labels out: those whose probability reaches the threshold. Errors: those of text classification. */
export const multiLabel = (
  parts: TextTaskParts,
  { threshold = 0.5, scores: kind = 'logits' }: TaskSettings = {},
): Task => {
  const { output: _, ...read } = textClassification(parts);
  const { labels } = parts;
  const probability = (score: number): number => (kind === 'logits' ? 1 / (1 + Math.exp(-score)) : score);
  return {
    ...read,
    id: 'multi-label',
    answers: 'labels',
    fingerprint: fingerprintOf(['multi-label', 1, read.fingerprint, threshold, kind]),
    answer: (_example, [scores]) => ({
      numbers: scores!,
      answer: labels.filter((__, label) => probability(scores![label]!) >= threshold),
    }),
    judging: judgeLabels(labels),
  };
};
