import { costAtLimit } from './at-limit.ts';
import { requests } from './requests.ts';

/** Every evaluator of cost. They need a price: leave them out when the scenario has none. */
export const cost = [requests, costAtLimit] as const;
