import { parseOptions, type Chain, type Gate, type Subject } from '../../contracts/index.ts';
import { expandGates, judge, verdictOf } from '../../decide/index.ts';
import { decodeFile } from '../../model/onnx/index.ts';
import {
  referenceOf,
  sensitivities,
  smallestThat,
  type Leaving,
  type Sensitivity,
} from '../../optimize/quantize/mixed/index.ts';
import { digestOf } from '../../records/index.ts';
import { evaluators, metrics } from '../../weigh/index.ts';
import { longestBegun } from '../build/beginnings.ts';
import { applyChain } from '../build/chain.ts';
import { techniqueOf } from '../build/techniques.ts';
import { ofAnswers } from '../measure/evaluators.ts';
import { outcomeOf } from '../measure/measure.ts';
import { baselineOf, weighIn } from '../measure/weigh-in.ts';
import type { Run } from '../run/run.ts';
import { buildOne, subjectsOf, type Version, type Workshop } from '../build/versions.ts';

const answerMetrics = new Set(
  evaluators
    .filter(({ needs, costly }) => needs.dataset !== 'none' && !needs.alone && costly !== true)
    .flatMap((one) => one.metrics.map(({ id }) => id)),
);

/** The conditions that are about answers: the ones that fewer quantized layers can mend. */
export const answerGates = (must: readonly Gate[]): readonly Gate[] =>
  must.filter(({ metric }) => answerMetrics.has(metric));

/** Whether the conditions about answers hold for each of these versions on the evaluation data. */
const holding = async (
  run: Run,
  baseline: Subject,
  subjects: readonly Subject[],
): Promise<ReadonlyMap<string, boolean>> => {
  const { scenario, data } = run;
  const wanted = new Set(answerGates(scenario.must).map(({ metric }) => metric));
  const outcomes = await weighIn(run, {
    split: data.evaluation,
    baseline,
    candidates: subjects,
    evaluators: ofAnswers(run.evaluators).filter(
      ({ evaluator }) => evaluator.costly !== true && evaluator.metrics.some(({ id }) => wanted.has(id)),
    ),
    seconds: 0,
  });
  const own = outcomeOf(outcomes, baseline.id);
  const gates = expandGates(answerGates(scenario.must), own.kind === 'measured' ? own.measurements : []);
  return new Map(
    subjects.map(({ id }) => {
      const outcome = outcomeOf(outcomes, id);
      const holds =
        outcome.kind === 'measured' &&
        verdictOf(judge(gates, outcome.measurements, metrics, scenario.confidence)) === 'pass';
      return [id, holds];
    }),
  );
};

/** The last step of a chain that changes layers one by one and can leave single ones alone, or −1. */
const mendableStep = ({ steps }: Chain): number =>
  steps.findLastIndex(({ technique }) => techniqueOf(technique).layerwise === true);

/** The chain with these layers left alone. */
const without = (chain: Chain, at: number, layers: readonly string[]): Chain => ({
  ...chain,
  id: `${chain.id} without ${layers.length === 1 ? '1 layer' : `${layers.length} layers`}`,
  steps: chain.steps.map((step, index) =>
    index === at ? { ...step, options: { ...step.options, exclude: layers } } : step,
  ),
});

/** Calibration batches that each trial of a layer looks at. */
const trialBatches = 8;

/** How much each layer harms the answers when it alone is quantized, the most harmful first; remembered as a record. */
const rankLayers = async (workshop: Workshop, chain: Chain, at: number): Promise<readonly Sensitivity[]> => {
  const { run, runtime } = workshop;
  const { store, context, found, data } = run;
  const step = chain.steps[at]!;
  const key = digestOf({
    kind: 'sensitivity',
    source: found.digest,
    steps: chain.steps.slice(0, at + 1).map((one) => ({ ...one, version: techniqueOf(one.technique).version })),
    calibration: data.calibration?.digest ?? null,
    seed: run.scenario.seed,
    runtime,
    // How much a layer harms depends on its kernel: 16-bit sums saturate on some.
    instructionSets: run.machine.instructionSets,
  });
  const known = await store.find(key);
  if (known?.kind === 'sensitivity') return known.layers;
  const started = context.now();
  const before = { ...chain, steps: chain.steps.slice(0, at) };
  const begun = await longestBegun(workshop, before);
  const prefix = await applyChain(await decodeFile(found.folder.modelPath), before, context, run.encode, begun);
  if (prefix.kind !== 'model') return [];
  // Steps before this one may have changed the tokenizer.
  const { calibration, learning } = await run.encode(prefix.companions);
  const world = { ...context, calibration, learning, original: found.model };
  const { exclude = [], ...options } = step.options as { exclude?: readonly string[] };
  const technique = techniqueOf(step.technique);
  const leaving: Leaving = (layers) =>
    technique.apply(
      prefix.model,
      parseOptions(technique.id, technique.options, { ...options, exclude: [...exclude, ...layers] }),
      world,
    );
  const { changes } = await leaving([]);
  const layers = [...new Set(changes.flatMap(({ nodes }) => nodes))];
  const reference = await referenceOf(prefix.model, trialBatches, world);
  const ranked = await sensitivities(leaving, layers, reference, world);
  await store.append({
    kind: 'sensitivity',
    key,
    at: new Date().toISOString(),
    seconds: (context.now() - started) / 1000,
    chain: chain.id,
    technique: step.technique,
    layers: ranked,
  });
  return ranked;
};

/** The technique that quantizes a chain's layers and can leave single ones alone; null: none does. */
export const familyOf = (chain: Chain): string | null => chain.steps[mendableStep(chain)]?.technique ?? null;

/** The chains of a list by the technique that quantizes their layers. */
const familiesOf = (chains: readonly Chain[]): readonly (readonly Chain[])[] => {
  const families = new Map<string, Chain[]>();
  for (const chain of chains) {
    const family = familyOf(chain);
    if (family !== null) families.set(family, [...(families.get(family) ?? []), chain]);
  }
  return [...families.values()];
};

/** For every family of quantized versions of which none meets the conditions about answers: take layers of its first chain back to the
 *  original's precision, the most harmful first, until the conditions hold on the evaluation data. Answers the versions that this made.
 *  A chain whose outputs were too far off to be kept is mended the same way.
 *  What a walk finds was selected on the evaluation data, like every other candidate: the final check on held-back data judges it.
 *  Errors: those of building and answering; `engine/cancelled`. */
export const rescue = async (
  workshop: Workshop,
  chains: readonly Chain[],
  versions: readonly Version[],
): Promise<readonly Version[]> => {
  const { run } = workshop;
  const { scenario, context, data } = run;
  const families = familiesOf(chains);
  if (answerGates(scenario.must).length === 0 || data.calibration === null || families.length === 0) return [];
  const baseline = baselineOf(run);
  const subjects = (await subjectsOf(run, versions)).map(({ subject }) => subject);
  // Conditions that the original itself cannot prove (too little data) are not for layers to mend.
  const itself: Subject = { ...baseline, id: 'the original itself' };
  const holds = await holding(run, baseline, [itself, ...subjects]);
  if (holds.get(itself.id) !== true) return [];
  const made: Version[] = [];
  for (const family of families) {
    if (family.some(({ id }) => holds.get(id) === true)) continue;
    const chain = family[0]!;
    const at = mendableStep(chain);
    const ranked = await rankLayers(workshop, chain, at);
    const attempts = new Map<number, Version>();
    const count = await smallestThat(ranked.length - 1, async (some) => {
      if (some <= 0) return false;
      context.progress({ label: 'taking layers back', done: some, total: ranked.length, detail: chain.id });
      const layers = ranked.slice(0, some).map(({ layer }) => layer);
      const attempt = await buildOne(workshop, without(chain, at, layers));
      if (attempt === null) return false;
      attempts.set(some, attempt);
      const [weighed] = await subjectsOf(run, [attempt]);
      return (await holding(run, baseline, [weighed!.subject])).get(attempt.chain.id) === true;
    });
    const winner = count === null ? undefined : attempts.get(count);
    if (winner !== undefined) made.push(winner);
    else context.log('info', `${chain.id}: no number of layers taken back meets the conditions about answers`);
  }
  return made;
};
