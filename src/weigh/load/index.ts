import type { Evaluator } from '../../contracts/index.ts';
import { coldStart } from './cold-start.ts';
import { latency } from './latency.ts';
import { throughput } from './throughput.ts';

/** Every evaluator of speed. */
export const loadEvaluators: readonly Evaluator[] = [latency, throughput, coldStart];
