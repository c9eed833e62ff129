import type { Evaluator } from '../../contracts/index.ts';
import { cpu } from './cpu.ts';
import { memory } from './memory.ts';
import { size } from './size.ts';

/** Every evaluator of what a version needs. */
export const resourceEvaluators: readonly Evaluator[] = [size, memory, cpu];
