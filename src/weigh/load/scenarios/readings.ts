import { queryStates, type Played } from '../../../contracts/index.ts';
import { sorted } from '../../../statistics/index.ts';

const answered = queryStates.indexOf('answered');

/** From when a request was due, or from when it was sent (queries without arrival times are due when they are sent). What failed or was
 *  never answered counts as no faster than `lostMs`, and than everything that was answered. */
export const latenciesOf = (played: Played, lostMs: number): Float64Array => {
  const { scheduledMs, doneMs, state } = played;
  const own = doneMs.map((done, i) => done - scheduledMs[i]!);
  const slowest = own.reduce((most, ms, i) => (state[i] === answered ? Math.max(most, ms) : most), lostMs);
  return own.map((ms, i) => (state[i] === answered ? ms : slowest));
};

/** How late requests were sent: the client's own fault. */
export const dispatchDelays = ({ scheduledMs, sentMs }: Played): Float64Array =>
  sentMs.map((sent, i) => sent - scheduledMs[i]!);

/** Time inside the model, of what was answered. */
export const serviceTimes = ({ serviceMs, state }: Played): Float64Array =>
  serviceMs.filter((ms, i) => state[i] === answered && Number.isFinite(ms));

export const answeredCount = ({ state }: Played): number =>
  state.reduce((sum, one) => sum + Number(one === answered), 0);

/** From the start until the last answer, or until the last request was due, ms. */
export const spanOf = ({ scheduledMs, doneMs }: Played): number => {
  let span = scheduledMs.at(-1) ?? 0;
  for (const done of doneMs) if (done > span) span = done;
  return span;
};

/** Answered within the limit, per second. Source: goodput as requests that meet all limits over the duration (DistServe; vLLM). */
export const goodputOf = (played: Played, limitMs: number): number => {
  const { scheduledMs, doneMs, state } = played;
  let good = 0;
  for (let i = 0; i < state.length; i++) if (state[i] === answered && doneMs[i]! - scheduledMs[i]! <= limitMs) good++;
  const span = spanOf(played);
  return span === 0 ? 0 : (good * 1000) / span;
};

/** Requests that are due per second, over the time in which they are. */
export const offeredRate = ({ scheduledMs }: Played): number => {
  const last = scheduledMs.at(-1) ?? 0;
  return last === 0 ? 0 : (scheduledMs.length * 1000) / last;
};

/** Share of the offered rate at which answers came: 1 where the queue is no longer at the end than at the beginning. Between the first
 *  and the last answer as many requests are answered as arrived between the first and the last arrival, later or not. */
export const achievedShare = (played: Played): number => {
  const { scheduledMs, doneMs, state } = played;
  const n = state.length;
  const got = answeredCount(played);
  if (got < 2) return got / Math.max(1, n);
  const done = sorted(doneMs.filter((_, i) => state[i] === answered));
  const completing = done.at(-1)! - done[0]!;
  const arriving = scheduledMs[n - 1]! - scheduledMs[0]!;
  return (got / n) * (completing <= 0 ? 1 : Math.min(1, arriving / completing));
};

/** Faults in words: "endpoint/timeout 3, endpoint/garbage 1", and what was never answered; null when all went well. */
export const faultWords = (played: Played): string | null => {
  const lost = played.state.reduce((sum, one) => sum + Number(queryStates[one] === 'unanswered'), 0);
  const parts = played.faults.map(({ code, count }) => `${code} ${count}`);
  if (lost > 0) parts.push(`unanswered ${lost}`);
  return parts.length === 0 ? null : `of ${played.state.length} requests: ${parts.join(', ')}`;
};
