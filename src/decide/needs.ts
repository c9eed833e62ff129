import type { GateResult, MetricSpec } from '../contracts/index.ts';
import { againstOriginal, counted, inUnit, named } from './words.ts';

/** The limit at which the number would do, in words; null: nothing is known of it. */
const limitThatPasses = ({ gate, bound }: GateResult, metric: MetricSpec): string | null => {
  if (!Number.isFinite(bound)) return null;
  const { kind } = gate.limit;
  if (kind === 'worse-by-at-most') {
    const change = againstOriginal(metric, bound);
    return change === 'the same' ? 'no worse than the original' : `about ${change}`;
  }
  return `${kind === 'at-most' ? 'at most' : 'at least'} about ${inUnit(bound, metric.unit)}`;
};

/** What would let a version pass, one sentence for each condition that it does not meet: about which limit, or about how many examples at the present
 *  one. A condition of which nothing is known needs to be measured first. */
export const needsOf = (results: readonly GateResult[], metrics: readonly MetricSpec[]): readonly string[] =>
  results.flatMap((result) => {
    const metric = metrics.find(({ id }) => id === result.gate.metric);
    if (result.verdict === 'pass' || metric === undefined) return [];
    const limit = limitThatPasses(result, metric);
    const examples =
      result.samplesNeeded === undefined
        ? null
        : `about ${counted(result.samplesNeeded, 'sample')} at the present limit`;
    const ways = [limit === null ? null : `a limit of ${limit}`, examples].filter((way) => way !== null);
    const name = named(metric, result.gate.slice);
    return [
      ways.length === 0 ? `${name} would have to be measured` : `${name} would pass with ${ways.join(', or with ')}`,
    ];
  });
