import type { BuildRecord, Measurement, Scenario } from '../../contracts/index.ts';
import { defaultSessionOptions } from '../../contracts/index.ts';
import { evaluators } from '../../weigh/index.ts';
import { strangeness } from './agree.ts';
import { deriveCost } from './derive-cost.ts';
import { measurementsOf, type Known } from './known.ts';

/** A metric that the scenario names and that the run cannot speak of. */
export interface Missing {
  readonly metric: string;
  readonly evaluator: string | null;
  readonly why: string;
}

/** Numbers of one evaluator that are used again. */
export interface Reused {
  readonly evaluator: string;
  /** Metrics of it that the scenario names; empty: it only stands in the tables. */
  readonly metrics: readonly string[];
  /** When it was last measured, ISO 8601. */
  readonly at: string;
}

/** The numbers of a run that hold for a scenario. */
export interface Numbers {
  readonly evaluation: ReadonlyMap<string, readonly Measurement[]>;
  readonly holdback: ReadonlyMap<string, readonly Measurement[]>;
  readonly reused: readonly Reused[];
  /** Metrics that were computed anew from others, with how. */
  readonly derived: readonly string[];
  readonly missing: readonly Missing[];
}

const busyCores = ({ intraOpThreads, interOpThreads }: { intraOpThreads: number; interOpThreads: number }): number =>
  Math.max(intraOpThreads, interOpThreads);

const coresOf = (build: BuildRecord | undefined, original: number): number =>
  build?.outcome.kind === 'built' ? busyCores(build.outcome.sessionOptions) : original;

/** Sort out which of a run's numbers a scenario can use as they are, which follow from them, and which are not there.
 *  `outOfScope`: digests of those examples in the run and in the scenario. */
export const numbersFor = (
  known: Known,
  scenario: Scenario,
  outOfScope: { readonly before: string | null; readonly after: string | null },
): Numbers => {
  const named = new Set([...scenario.must.map(({ metric }) => metric), ...scenario.prefer]);
  const strange = new Map(
    evaluators.map((one) => [one.id, strangeness(one, known.scenario, scenario, outOfScope)] as const),
  );
  const usable = (evaluator: string): boolean => strange.get(evaluator) === null;
  let evaluation = measurementsOf(known, 'evaluation', usable);
  const derived: string[] = [];
  const { price } = scenario;
  if (price !== null && named.has('cost') && !usable('cost/requests')) {
    const original = busyCores({ ...defaultSessionOptions, ...scenario.session });
    const costs = new Map(
      [...evaluation].map(([id, own]) => {
        const cores = { own: coresOf(known.builds.get(id), original), original };
        const cost = deriveCost(own, price, cores);
        return [id, cost === null ? own : [...own, cost]] as const;
      }),
    );
    if ([...costs].some(([id, own]) => own.length > evaluation.get(id)!.length))
      derived.push('cost: price over the throughput that was measured');
    evaluation = costs;
  }
  const holds = new Set(
    [...evaluation.values()].flatMap((own) =>
      own.flatMap(({ metric, value }) => (Number.isNaN(value) ? [] : [metric])),
    ),
  );
  const missing = [...named].flatMap((metric): Missing[] => {
    if (holds.has(metric)) return [];
    const evaluator = evaluators.find((one) => one.metrics.some(({ id }) => id === metric)) ?? null;
    const why =
      evaluator === null
        ? 'no evaluator measures it'
        : known.measured.some((record) => record.evaluator === evaluator.id)
          ? (strange.get(evaluator.id) ?? 'it had no value there')
          : evaluator.needs.price === true && price === null
            ? 'the scenario names no price'
            : evaluator.when === 'asked'
              ? 'it is measured only where a scenario names it'
              : 'it was not measured in the run';
    return [{ metric, evaluator: evaluator?.id ?? null, why }];
  });
  const newest = new Map<string, Reused>();
  for (const record of known.measured) {
    const evaluator = evaluators.find(({ id }) => id === record.evaluator);
    if (evaluator === undefined || record.split !== 'evaluation' || !usable(record.evaluator)) continue;
    const metrics = evaluator.metrics.flatMap(({ id }) => (named.has(id) && holds.has(id) ? [id] : []));
    newest.set(record.evaluator, { evaluator: record.evaluator, metrics, at: record.at });
  }
  return {
    evaluation,
    holdback: measurementsOf(known, 'holdback', usable),
    reused: [...newest.values()],
    derived,
    missing,
  };
};
