import type { Context, Measurement, Subject, SubjectOutcome, Trial } from '../../../contracts/index.ts';
import { workbench } from '../../../runtime/testing/trial.ts';
import { judgedAnswers, simulated } from '../../../runtime/testing/world.ts';
import { seeded } from '../../../statistics/index.ts';

const bench = await workbench();
await bench.remove();

/** A few per cent of noise, so that runs differ. */
export const about = (ms: number, id: string): (() => number) => {
  const random = seeded(1, id);
  return () => ms * (1 + 0.05 * random.next());
};

/** A simulated world with trials and a context in it. */
export const drivenWorld = () => {
  const world = simulated();
  return {
    subject: world.subject,
    trial: (baseline: Subject, candidates: readonly Subject[], more: Partial<Trial> = {}): Trial => {
      const plain = bench.trial(baseline, candidates, {
        traffic: { requestsPerSecond: 100, latencyLimitMs: 20 },
        ...more,
      });
      return { ...plain, predictions: () => judgedAnswers(plain) };
    },
    context: (more: Partial<Context> = {}): Context => bench.context({ now: world.clock.now, ...more }),
  };
};

/** What was measured, by metric. */
export const byMetric = (outcome: SubjectOutcome | undefined): Record<string, Measurement> => {
  if (outcome?.kind !== 'measured') throw new Error(outcome?.message ?? 'no outcome');
  return Object.fromEntries(outcome.measurements.map((one) => [one.metric, one]));
};
