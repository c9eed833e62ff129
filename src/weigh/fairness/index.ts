import { groups } from './groups.ts';

/** Every evaluator of who is treated how. */
export const fairness = [groups] as const;
