import { coldStart } from './cold-start.ts';
import { latency } from './latency.ts';
import { multiStream } from './scenarios/multi-stream.ts';
import { offline } from './scenarios/offline.ts';
import { peak } from './scenarios/peak.ts';
import { server } from './scenarios/server.ts';
import { singleStream } from './scenarios/single-stream.ts';
import { throughput } from './throughput.ts';

export { speedOnly } from './speed-only.ts';

/** Every evaluator of speed. */
export const load = [latency, throughput, coldStart, server, peak, offline, singleStream, multiStream] as const;
