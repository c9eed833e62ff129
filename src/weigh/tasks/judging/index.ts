import type { MetricSpec } from '../../../contracts/index.ts';
import { labelMetrics } from './labels.ts';
import { numberMetrics } from './numbers.ts';
import { outputMetrics } from './outputs.ts';
import { retrievalMetrics } from './retrieval.ts';
import { spanMetrics } from './span.ts';
import { tagMetrics } from './tags.ts';

/** Everything that tasks whose answers are no classes can be judged by. */
export const answerMetrics: readonly MetricSpec[] = [
  ...labelMetrics,
  ...tagMetrics,
  ...spanMetrics,
  ...numberMetrics,
  ...retrievalMetrics,
  ...outputMetrics,
];

export { judgeLabels } from './labels.ts';
export { judgeLikeness, judgeNumbers } from './numbers.ts';
export { judgeOutputs } from './outputs.ts';
export { judgeRetrieval } from './retrieval.ts';
export { judgeSpans } from './span.ts';
export { judgeTags } from './tags.ts';
