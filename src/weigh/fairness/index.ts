import { counterfactual } from './counterfactual.ts';
import { groups } from './groups.ts';

/** Every evaluator of who is treated how. */
export const fairness = [groups, counterfactual] as const;
