import { queryStates, type Played } from '../../../contracts/index.ts';
import { leastSquaresSlope } from '../slope.ts';

const windows = 20;
const confidence = 0.95;
const answered = queryStates.indexOf('answered');

/** Whether the queue grew for as long as the run lasted: then its latencies belong to the length of the run, not to the model. The run is cut
 *  into 20 windows; both the requests outstanding at the end of each and the mean latency of those due in it must rise, each slope's 95 %
 *  interval above 0, and latency must at least double from the first windows to the last, or half of all requests be
 *  unanswered at the end.
 *  Source: GuideLLM, over-saturation detection (slopes of concurrency and latency with a t interval). */
export const isSaturated = ({ scheduledMs, doneMs, state }: Played): boolean => {
  const n = state.length;
  if (n < 2 * windows) return false;
  const end = scheduledMs[n - 1]!;
  const width = end / windows;
  if (!(width > 0)) return false;
  const at = Array.from({ length: windows }, (_, i) => (i + 1) * width);
  const open = at.map((time) => {
    let count = 0;
    for (let i = 0; i < n && scheduledMs[i]! <= time; i++) if (!(doneMs[i]! <= time)) count++;
    return count;
  });
  const sums = new Float64Array(windows);
  const counts = new Float64Array(windows);
  for (let i = 0; i < n; i++) {
    const window = Math.min(windows - 1, Math.floor(scheduledMs[i]! / width));
    // What was never answered has waited until the end at least.
    sums[window]! += (state[i] === answered ? doneMs[i]! : Math.max(end, doneMs[i] || 0)) - scheduledMs[i]!;
    counts[window]!++;
  }
  const filled = at.map((_, i) => i).filter((i) => counts[i]! > 0);
  const latency = filled.map((i) => sums[i]! / counts[i]!);
  const rising = leastSquaresSlope(filled, latency, confidence);
  const piling = leastSquaresSlope(at, open, confidence);
  const quarter = Math.max(1, Math.floor(latency.length / 4));
  const meanOf = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;
  const slower = rising.low > 0 && meanOf(latency.slice(-quarter)) > 2 * meanOf(latency.slice(0, quarter));
  return piling.low > 0 && (slower || open.at(-1)! > n / 2);
};
