import type { Model, Scenario } from '../../contracts/index.ts';
import type { Decision } from './decisions.ts';
import type { Exclusion } from './exclusions.ts';

/** What a choice of batches looks at. */
export type Batching = Pick<Scenario, 'must' | 'prefer' | 'search'> & Partial<Pick<Scenario, 'weigh' | 'traffic'>>;

/** Metrics that are measured with a version's own batches. */
const gaining: ReadonlySet<string> = new Set(['throughput', 'offline-throughput', 'cost']);
const timed = ['load/throughput', 'cost/requests'] as const;

export const batchDecision = 'session/batchSize';
const tried: readonly number[] = [8, 32];

const namedIn = ({ must, prefer }: Pick<Scenario, 'must' | 'prefer'>): ReadonlySet<string> =>
  new Set([...must.map(({ metric }) => metric), ...prefer]);

/** Whether the scenario limits or prefers what calls for several requests gain. */
export const wantsThroughput = (scenario: Batching): boolean => {
  const named = namedIn(scenario);
  return [...gaining].some((metric) => named.has(metric));
};

/** Batch sizes to try beside the usual one: those that the scenario asks for; else some, where it limits or prefers what larger ones gain. */
export const batchSizes = (scenario: Batching): readonly number[] =>
  scenario.search.session.batchSize ?? (wantsThroughput(scenario) ? tried : []);

/** Why versions cannot take waiting requests each in their own way; null: they can. */
export const sameForAll = (scenario: Batching): string | null => {
  if (!wantsThroughput(scenario))
    return 'the scenario neither limits nor prefers throughput or cost, which alone gain by it';
  const own = timed.find((one) => ((scenario.weigh?.[one]?.['batchSize'] as number | undefined) ?? 0) > 0);
  if (own !== undefined) return `the scenario says the batch size for every version (weigh: ${own})`;
  return null;
};

/** Why no other batch size than the usual one counts; null: they do. */
const whyNot = (model: Model, scenario: Batching): string | null => {
  const fixed = model.graph.inputs.flatMap(({ type }) => {
    const first = type?.kind === 'tensor' ? type.dims?.[0] : undefined;
    return typeof first === 'number' ? [first] : [];
  })[0];
  const reason =
    fixed === undefined
      ? sameForAll(scenario)
      : `every call of the model has ${fixed === 1 ? 'one row' : `${fixed} rows`}`;
  return reason === null ? null : `batch size: ${reason}`;
};

/** Takes all batch sizes but the usual one away, with the reason, where they cannot count. */
export const batchExclusions = (
  decisions: readonly Decision[],
  model: Model,
  scenario: Batching,
): readonly Exclusion[] => {
  const decision = decisions.find((one) => one.id === batchDecision);
  const reason = decision === undefined ? null : whyNot(model, scenario);
  if (decision === undefined || reason === null) return [];
  return [...decision.values.keys()].slice(1).map((value) => ({
    reason,
    where: [{ decision: batchDecision, values: [value] }],
    drops: { decision: batchDecision, value },
  }));
};
