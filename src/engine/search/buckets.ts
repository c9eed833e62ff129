import type { Model } from '../../contracts/index.ts';
import { batchDecision, sameForAll, wantsThroughput, type Batching } from './batches.ts';
import type { Decision } from './decisions.ts';
import type { Exclusion } from './exclusions.ts';

const id = 'session/sequenceBuckets';

/** Four steps an octave, of 4 tokens at least, to 512: no request is padded by much more than a quarter of its length. */
export const usualBuckets: readonly number[] = [
  4,
  8,
  12,
  ...[16, 32, 64, 128, 256].flatMap((octave) => [octave, 1.25 * octave, 1.5 * octave, 1.75 * octave]),
  512,
];

/** Lengths by which requests share calls, to try beside the usual way: those that the scenario asks for; else the usual ones, where it limits or
 *  prefers what calls for several requests gain. */
export const bucketsTried = (scenario: Batching): readonly (readonly number[])[] =>
  scenario.search.session.sequenceBuckets ?? (wantsThroughput(scenario) ? [usualBuckets] : []);

/** "by length" for the usual ones, "by length 16, 48" for others: unlike for unlike lengths. */
export const bucketsInWords = (lengths: readonly number[]): string => {
  if (lengths.length === 0) return 'as they come';
  const words = lengths.join(', ');
  return words === usualBuckets.join(', ') ? 'by length' : `by length ${words}`;
};

/** Lengths count only where requests share a call. `usual`: how many do anyway. */
export const whenShared = (batches: Decision | undefined, usual: number): Pick<Decision, 'when'> => {
  if (batches?.meaning.kind !== 'setting') return {};
  const sizes = batches.meaning.values.map(({ batchSize = usual }) => batchSize);
  return {
    when: { dimension: batches.id, values: [...sizes.keys()].filter((index) => sizes[index]! > 1) },
  };
};

const isFixed = (model: Model): boolean =>
  model.graph.inputs.every(({ type }) => type?.kind !== 'tensor' || typeof (type.dims?.[1] ?? 0) === 'number');

/** Why requests of similar lengths need not share calls; null: they may. */
const whyNot = (all: readonly Decision[], model: Model, scenario: Batching, usual: number): string | null => {
  if (isFixed(model)) return 'every request has the same length: the second axis of the model’s inputs is fixed';
  if (usual === 1 && all.every((one) => one.id !== batchDecision)) return 'every request is answered alone';
  return sameForAll(scenario);
};

/** Takes all but the usual way away, with the reason, where lengths cannot count. */
export const bucketExclusions = (
  decisions: readonly Decision[],
  model: Model,
  scenario: Batching,
  usual: number,
): readonly Exclusion[] => {
  const decision = decisions.find((one) => one.id === id);
  const reason = decision === undefined ? null : whyNot(decisions, model, scenario, usual);
  if (decision === undefined || reason === null) return [];
  return [...decision.values.keys()].slice(1).map((value) => ({
    reason: `sequence buckets: ${reason}`,
    where: [{ decision: id, values: [value] }],
    drops: { decision: id, value },
  }));
};
