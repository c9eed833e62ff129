import { cpu } from './cpu.ts';
import { memory } from './memory.ts';
import { size } from './size.ts';

/** Every evaluator of what a version needs. */
export const resources = [size, memory, cpu] as const;
