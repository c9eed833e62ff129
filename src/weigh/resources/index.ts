import { cpu } from './cpu.ts';
import { memory } from './memory.ts';
import { memoryPhases } from './memory-phases.ts';
import { size } from './size.ts';

/** Every evaluator of what a version needs. */
export const resources = [size, memory, memoryPhases, cpu] as const;
