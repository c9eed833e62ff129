import type { Evaluator, MetricSpec } from '../contracts/index.ts';
import { cost } from './cost/index.ts';
import { energy } from './energy/index.ts';
import { fairness } from './fairness/index.ts';
import { load } from './load/index.ts';
import { quality } from './quality/index.ts';
import { resources } from './resources/index.ts';
import { robustness } from './robustness/index.ts';

/** Everything that can be measured, in the order in which it is measured: what may run beside other work first.
 *  Cost needs a price: a trial without one leaves those evaluators out. */
export const evaluators: readonly Evaluator[] = [
  ...quality,
  ...fairness,
  ...robustness,
  ...resources,
  ...load,
  ...energy,
  ...cost,
];

/** All metrics of all evaluators. */
export const metrics: readonly MetricSpec[] = evaluators.flatMap((evaluator) => evaluator.metrics);
