import { isSteelyardError } from '../../contracts/index.ts';
import type { Comparison, Context, Measurement, Subject, SubjectOutcome, Trial, Unit } from '../../contracts/index.ts';
import { estimateMedian } from './ratios.ts';

/** What one fresh process showed: a number per metric. */
export type Readings = Readonly<Record<string, number>>;

export interface StartsSettings {
  readonly label: string;
  /** Fresh processes per version. */
  readonly starts: number;
  /** Opens the version, does its work, closes it. */
  readonly measure: (subject: Subject) => Promise<Readings>;
}

export interface Starts {
  readonly readings: ReadonlyMap<string, readonly Readings[]>;
  readonly failed: ReadonlyMap<string, { readonly code: string; readonly message: string }>;
}

/** Fresh processes, one at a time: each round starts every version once, in a new random order.
 *  Errors: what the baseline's process died of, cancellation. A candidate that fails is in `failed`. */
export const interleaveStarts = async (trial: Trial, settings: StartsSettings, context: Context): Promise<Starts> => {
  const readings = new Map<string, Readings[]>();
  const failed = new Map<string, { code: string; message: string }>();
  const random = context.random(`${settings.label}/order`);
  const everyone = [trial.baseline, ...trial.candidates];
  for (let start = 0; start < settings.starts; start++) {
    for (const subject of random.shuffle(everyone.filter(({ id }) => !failed.has(id)))) {
      context.signal.throwIfAborted();
      context.progress({ label: settings.label, done: start, total: settings.starts, detail: subject.id });
      try {
        const reading = await settings.measure(subject);
        readings.set(subject.id, [...(readings.get(subject.id) ?? []), reading]);
      } catch (error) {
        if (context.signal.aborted || subject === trial.baseline || !isSteelyardError(error)) throw error;
        failed.set(subject.id, { code: error.code, message: error.message });
        readings.delete(subject.id);
      }
    }
  }
  return { readings, failed };
};

export interface StartMetric {
  readonly metric: string;
  readonly unit: Unit;
  /** A part of it: its reading is "metric slice". Left out where a process has no such reading. */
  readonly slice?: string;
}

const noSpread = { sd: 0, degreesOfFreedom: 0 };

/** Medians over starts, and of the ratios to the baseline's start in the same round. Every start is a process of its own, so the
 *  spread between processes is in the numbers already. */
export const outcomesOfStarts = (
  trial: Trial,
  { readings, failed }: Starts,
  metrics: readonly StartMetric[],
  context: Context,
): ReadonlyMap<string, SubjectOutcome> => {
  const { baseline, confidence } = trial;
  const keyOf = ({ metric, slice }: StartMetric): string => (slice === undefined ? metric : `${metric} ${slice}`);
  const isThere = (id: string, one: StartMetric): boolean =>
    [id, baseline.id].every((who) => readings.get(who)!.every((reading) => reading[keyOf(one)] !== undefined));
  const measure = (id: string, one: StartMetric): Measurement => {
    const { metric, unit, slice } = one;
    const key = keyOf(one);
    const settings = { confidence, random: context.random(`starts/${key}`) };
    const own = readings.get(id)!.map((reading) => reading[key]!);
    const laps = own.map(() => 0);
    const { value, low, high } = estimateMedian({ values: own, laps }, noSpread, settings);
    const where = slice === undefined ? {} : { slice };
    const measurement = { metric, unit, value, low, high, confidence, samples: own.length, ...where };
    if (id === baseline.id) return measurement;
    const theirs = readings.get(baseline.id)!.map((reading) => reading[key]!);
    const ratio = estimateMedian({ values: own.map((mine, i) => mine / theirs[i]!), laps }, noSpread, settings);
    const method = `median of ratios over ${own.length} fresh processes each, interleaved, paired bootstrap`;
    const versus: Comparison = { kind: 'ratio', ...ratio, method };
    return { ...measurement, versus };
  };
  return new Map(
    [baseline, ...trial.candidates].map(({ id }): [string, SubjectOutcome] => {
      const fault = failed.get(id);
      if (fault !== undefined) return [id, { kind: 'failed', ...fault }];
      return [
        id,
        { kind: 'measured', measurements: metrics.flatMap((one) => (isThere(id, one) ? [measure(id, one)] : [])) },
      ];
    }),
  );
};
