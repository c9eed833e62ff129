import type { Measurement, SubjectOutcome } from '../../contracts/index.ts';
import { lowerBound, upperBound } from '../../statistics/index.ts';

/** Of metrics that lie between 0 and 1, or −1 and 1. */
const bounded: ReadonlySet<Measurement['unit']> = new Set(['proportion', 'score']);

const widened = (one: Measurement): Measurement => {
  const { versus, samples, confidence, unit } = one;
  if (versus === undefined || versus.evidence.kind !== 'bootstrap' || versus.kind !== 'difference') return one;
  if (versus.low !== versus.high || !bounded.has(unit)) return one;
  const side = (1 + confidence) / 2;
  const [low, high] = [lowerBound(versus, side, samples), upperBound(versus, side, samples)];
  return { ...one, versus: { ...versus, low, high } };
};

/** Where nothing changed in the sample, no draw from it shows a change, and a bootstrap interval has no width. That is no proof that nothing can change:
 *  such intervals get the width that the verdicts use, what so many samples without a change leave open. */
export const asWideAsKnown = (outcomes: ReadonlyMap<string, SubjectOutcome>): ReadonlyMap<string, SubjectOutcome> =>
  new Map(
    [...outcomes].map(([id, outcome]) => [
      id,
      outcome.kind === 'failed' ? outcome : { ...outcome, measurements: outcome.measurements.map(widened) },
    ]),
  );
