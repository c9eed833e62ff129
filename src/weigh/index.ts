import type { Evaluator, MetricSpec } from '../contracts/index.ts';
import { costEvaluators } from './cost/index.ts';
import { loadEvaluators } from './load/index.ts';
import { qualityEvaluators } from './quality/index.ts';
import { resourceEvaluators } from './resources/index.ts';

/** Everything that can be measured, in the order in which it is measured: what may run beside other work first.
 *  Cost needs a price: a trial without one leaves those evaluators out. */
export const evaluators: readonly Evaluator[] = [
  ...qualityEvaluators,
  ...resourceEvaluators,
  ...loadEvaluators,
  ...costEvaluators,
];

/** All metrics of all evaluators. */
export const metrics: readonly MetricSpec[] = evaluators.flatMap((evaluator) => evaluator.metrics);
