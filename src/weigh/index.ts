import type { Evaluator, MetricSpec } from '../contracts/index.ts';
import { quality } from './quality/index.ts';

/** Everything that can be measured, in the order in which it is measured. */
export const evaluators: readonly Evaluator[] = [...quality] as unknown as readonly Evaluator[];

/** All metrics of all evaluators. */
export const metrics: readonly MetricSpec[] = evaluators.flatMap((evaluator) => evaluator.metrics);
