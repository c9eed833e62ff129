import type { Asked } from '../measure/measure.ts';
import { parseOptions, type Gate } from '../../contracts/index.ts';
import type { LookPlan } from './rungs.ts';

/** What the usual options are at most at a look; an evaluator gets those that it has. */
const limitsOf = ({ rounds, laps, seconds, rows }: LookPlan, last: boolean): Readonly<Record<string, number>> => ({
  minRounds: rounds,
  maxRounds: 2 * rounds,
  laps,
  maxSeconds: seconds,
  minCalls: 0,
  minQueries: 0,
  seconds: Math.ceil(seconds / 4),
  starts: last ? 5 : 3,
  processes: 1,
  calls: 10,
  runs: 300,
  ...(last ? {} : { examples: rows, floorExamples: rows, replicates: 500 }),
});

/** How near two medians must be brought at a look: more than the rounds are there for. */
const targetOf = (last: boolean): number => (last ? 0.02 : 0.04);

/** An evaluator with options that cost no more than a look allows; what the scenario says stands where it is less. */
const within = ({ evaluator, options, files }: Asked, plan: LookPlan, last: boolean): Asked => {
  const stated = parseOptions(evaluator.id, evaluator.options, options) as Readonly<Record<string, unknown>>;
  const limited: Record<string, unknown> = { ...options };
  for (const [name, most] of Object.entries(limitsOf(plan, last))) {
    const spec = evaluator.options[name];
    if (spec === undefined || (spec.kind !== 'integer' && spec.kind !== 'number')) continue;
    limited[name] = Math.max(spec.min, Math.min(stated[name] as number, most));
  }
  const target = evaluator.options['target'];
  if (target?.kind === 'number' && Object.hasOwn(evaluator.options, 'minRounds'))
    limited['target'] = Math.max(stated['target'] as number, targetOf(last));
  return { evaluator, options: limited, files };
};

/** What a look measures: answers where a condition or a preference is about them and they take no minutes, exact numbers, and of what needs
 *  a quiet machine what is preferred, or what a condition is about and interleaved rounds show. All with short options. The first of several looks
 *  leaves out what runs only when asked for (changed examples, attacks): a few rows of it would say little for many answers. */
export const thrifty = (
  asked: readonly Asked[],
  must: readonly Gate[],
  prefer: readonly string[],
  plan: LookPlan,
  { first, last }: { readonly first: boolean; readonly last: boolean },
): readonly Asked[] => {
  const gated = new Set(must.map(({ metric }) => metric));
  const preferred = new Set(prefer);
  return asked
    .filter(({ evaluator }) => {
      const { metrics, costly, needs } = evaluator;
      if (metrics.some(({ id }) => preferred.has(id))) return costly !== true;
      if (!metrics.some(({ id }) => gated.has(id)) || costly === true) return false;
      if (first && !last && evaluator.when === 'asked') return false;
      return !needs.alone || Object.hasOwn(evaluator.options, 'minRounds');
    })
    .map((one) => within(one, plan, last));
};
