import type { Context, Measurement, SubjectOutcome, Trial, Unit } from '../../contracts/index.ts';
import { iqr, tukeyOutliers } from '../../statistics/index.ts';
import { againId } from './interleave.ts';
import type { Interleaved } from './interleave.ts';
import { wayForward } from './imprecise.ts';
import { estimateMedian, processSpread, relativeHalfWidth } from './ratios.ts';
import type { Estimate, ProcessSpread, Series } from './ratios.ts';
import type { Turn } from './rounds.ts';

/** A number per turn: its latency, its CPU time. */
export type Reading<T extends Turn = Turn> = (turn: T) => number;

/** One number per round of one version. */
export const seriesOf = <T extends Turn>(group: Interleaved<T>, arm: string, read: Reading<T>): Series => ({
  values: group.rounds.map(({ turns }) => read(turns.get(arm)!)),
  laps: group.rounds.map(({ lap }) => lap),
});

/** The ratio to the baseline in each round. */
export const ratiosOf = <T extends Turn>(
  group: Interleaved<T>,
  arm: string,
  baseline: string,
  read: Reading<T>,
): Series => ({
  values: group.rounds.map(({ turns }) => read(turns.get(arm)!) / read(turns.get(baseline)!)),
  laps: group.rounds.map(({ lap }) => lap),
});

/** What the A/A arm says about a session. */
export interface Judged<T extends Turn = Turn> {
  readonly group: Interleaved<T>;
  readonly spread: ProcessSpread;
  readonly again: Estimate;
  /** What a reader must know about its numbers, or null. */
  readonly caveat: string | null;
}

/** An interval this many times wider than the target on identical models is worth a word. */
const widthLimit = 3;

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

/** Judge each group by its A/A arm: the same model twice must not differ. Where it does, the session leans, and all its intervals grow by that.
 *  `resolutionOf`: logarithm of what two readings of the same thing may differ by for the way in which they are found; 0 where they are measured.
 *  `evaluator`: whose options make such sessions longer, for the advice where one is imprecise. */
export const judge = <T extends Turn>(
  trial: Trial,
  groups: readonly Interleaved<T>[],
  read: Reading<T>,
  target: number,
  what: string,
  context: Context,
  resolutionOf: (group: Interleaved<T>) => number = () => 0,
  evaluator: string | null = null,
): readonly Judged<T>[] =>
  groups.map((group) => {
    const { baseline } = trial;
    const again = againId(trial);
    const alive = [again, ...group.candidates.filter((id) => !group.failed.has(id))];
    const resolution = resolutionOf(group);
    const between = processSpread(alive.map((arm) => ratiosOf(group, arm, baseline.id, read)));
    const spread = resolution === 0 ? between : { ...between, lean: resolution };
    const ratios = ratiosOf(group, again, baseline.id, read);
    const estimate = estimateMedian(ratios, spread, {
      confidence: trial.confidence,
      random: context.random('load/again'),
    });
    const { low, high } = estimate;
    const halfWidth = (high - low) / 2;
    const seen = `two processes of the baseline differ by a factor of ${estimate.value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
    // A copy of the baseline that seems another model: the session leans, and every interval is widened by as much.
    const leans = low > 1 || high < 1;
    const caveat = leans
      ? `unreliable session: ${seen}, and it should be 1; every interval is widened by as much`
      : halfWidth > widthLimit * target
        ? `imprecise session: ${seen}: ± ${percent(halfWidth)}, the aim was ± ${percent(target)}. ${wayForward({
            rounds: group.rounds.length,
            repeated: group.repeated,
            disturbed: group.disturbed,
            unrest: group.unrest ?? [],
            laps: group.laps,
            halfWidth,
            target,
            ofRounds: relativeHalfWidth(ratios.values, {
              confidence: trial.confidence,
              random: context.random('load/imprecise'),
            }),
            evaluator,
          })}`
        : null;
    const readings = seriesOf(group, baseline.id, read).values;
    const outliers = tukeyOutliers(readings);
    context.log(
      'info',
      `${what}: ${group.rounds.length} rounds on ${group.laps} sets of processes, ${group.repeated} repeated and ${group.disturbed} disturbed; ${seen}; ` +
        `baseline: interquartile range ${iqr(readings).toPrecision(3)}, ${outliers.mild} mild and ${outliers.severe} severe outliers (kept)`,
    );
    const widened = leans ? { ...spread, lean: Math.max(resolution, Math.abs(Math.log(estimate.value))) } : spread;
    return { group, spread: widened, again: estimate, caveat };
  });

/** What a report must say about a session besides the A/A arm. */
export const caveatOf = (session: Pick<Judged, 'caveat'>, more: readonly string[] = []): string | undefined => {
  const parts = [...(session.caveat === null ? [] : [session.caveat]), ...more];
  return parts.length === 0 ? undefined : parts.join('; ');
};

/** How a paired median was computed, for the report's footnote. */
export const methodOf = <T extends Turn>(session: Judged<T>): string =>
  `median of ratios over ${session.group.rounds.length} interleaved rounds on ${session.group.laps} sets of processes, paired bootstrap over rounds widened by the spread between processes`;

export interface MedianMetric<T extends Turn = Turn> {
  readonly metric: string;
  readonly unit: Unit;
  readonly read: Reading<T>;
  /** From the number per turn to the metric's unit: requests per second from ms per request. Monotonic; null keeps it. */
  readonly convert: ((value: number) => number) | null;
}

/** Measurement of one version: its own median over rounds and the paired ratio to the baseline; for the baseline, that of its second copy. */
export const measureMedian = <T extends Turn>(
  trial: Trial,
  session: Judged<T>,
  arm: string,
  { metric, unit, read, convert }: MedianMetric<T>,
  context: Context,
): Measurement => {
  const { group, spread } = session;
  const { baseline, confidence } = trial;
  const settings = { confidence, random: context.random(`load/${metric}`) };
  const through = (series: Series): Series =>
    convert === null ? series : { ...series, values: Array.from(series.values, convert) };
  const own = estimateMedian(through(seriesOf(group, arm, read)), spread, settings);
  const measurement = {
    metric,
    unit,
    value: own.value,
    low: own.low,
    high: own.high,
    confidence,
    samples: group.rounds.length,
    caveat: caveatOf(session),
  };
  // The baseline is compared with its own second copy: the A/A arm, which the report shows as a check of the session.
  const other = arm === baseline.id ? againId(trial) : arm;
  const mine = through(seriesOf(group, other, read)).values;
  const theirs = through(seriesOf(group, baseline.id, read)).values;
  const ratios = {
    values: Array.from(mine, (value, i) => value / theirs[i]!),
    laps: seriesOf(group, other, read).laps,
  };
  return {
    ...measurement,
    versus: {
      kind: 'ratio',
      ...estimateMedian(ratios, arm === baseline.id ? { ...spread, lean: 0 } : spread, settings),
      method: arm === baseline.id ? `A/A arm: ${methodOf(session)}` : methodOf(session),
    },
  };
};

/** Measurements of all versions from their sessions; the baseline's come from the first session. */
export const collect = <T extends Turn>(
  trial: Trial,
  sessions: readonly Judged<T>[],
  measure: (session: Judged<T>, arm: string) => readonly Measurement[],
): ReadonlyMap<string, SubjectOutcome> => {
  const outcomes = new Map<string, SubjectOutcome>();
  outcomes.set(trial.baseline.id, { kind: 'measured', measurements: measure(sessions[0]!, trial.baseline.id) });
  for (const session of sessions) {
    for (const id of session.group.candidates) {
      const fault = session.group.failed.get(id);
      outcomes.set(
        id,
        fault === undefined ? { kind: 'measured', measurements: measure(session, id) } : { kind: 'failed', ...fault },
      );
    }
  }
  return outcomes;
};
