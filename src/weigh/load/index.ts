import { coldStart } from './cold-start.ts';
import { latency } from './latency.ts';
import { throughput } from './throughput.ts';

export { speedOnly } from './speed-only.ts';

/** Every evaluator of speed. */
export const load = [latency, throughput, coldStart] as const;
