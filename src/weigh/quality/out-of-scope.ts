import {
  SteelyardError,
  defineEvaluator,
  fewestItems,
  isSteelyardError,
  needed,
  untold,
  type Example,
  type Measurement,
  type Predictions,
  type Subject,
  type SubjectOutcome,
  type Trial,
} from '../../contracts/index.ts';
import { median, quantile, thinQuantiles, wilson } from '../../statistics/index.ts';
import { answersOf } from './answers.ts';
import { outOfScopeMetrics } from './out-of-scope-metrics.ts';
import { draw, fieldsOf, statisticOf, type Items, type Statistic } from './out-of-scope-statistic.ts';
import { surenessOf } from './sureness.ts';

/** Names that say "none of them". */
const saysNone =
  /^(oos|ood|out[-_ ]?of[-_ ]?(scope|domain)|none([-_ ]of[-_ ](them|the[-_ ]above|these))?|no[-_ ]intent)$/i;

const ownLabelOf = (trial: Trial, name: string): number => {
  if (name === '') return -1;
  const at = trial.task.labels.indexOf(name);
  if (at >= 0 && trial.task.labels.length > 2) return at;
  throw new SteelyardError(
    'quality/own-label',
    at < 0
      ? `quality/out-of-scope: own-label "${name}" is none of the model's labels`
      : `quality/out-of-scope: with own-label "${name}" only one class is left`,
    `own-label names the class for texts that belong to no other; labels: ${trial.task.labels.slice(0, 20).join(', ')}`,
  );
};

const unitOf = new Map(outOfScopeMetrics.map(({ id, unit }) => [id, unit] as const));

/** Which rows are of which kind. */
interface Split {
  readonly usual: readonly number[];
  /** Rows of the evaluation data that belong to the class of its own. */
  readonly strange: readonly number[];
  readonly items: Items;
  readonly none: number;
}

/** A version's answers on both kinds of texts, as what the bootstrap asks for. */
const tell = async (trial: Trial, subject: Subject, split: Split, overconfident: number): Promise<Statistic> => {
  const { usual, strange, items, none } = split;
  const inside = answersOf(await trial.predictions(subject), trial.examples, subject.id);
  const beside =
    trial.outOfScope.length === 0
      ? null
      : answersOf(await trial.ask(subject, trial.outOfScope, 'out-of-scope'), trial.outOfScope, subject.id);
  const classes = trial.task.labels.length;
  const parts = [
    { from: inside, rows: usual },
    { from: inside, rows: strange },
  ].concat(beside === null ? [] : [{ from: beside, rows: [...trial.outOfScope.keys()] }]);
  const all = items.inside + items.outside;
  const scores = new Float32Array(all * classes);
  const refused = new Uint8Array(all);
  let at = 0;
  const copy = (from: Predictions, row: number): void => {
    scores.set(from.scores.subarray(row * classes, (row + 1) * classes), at * classes);
    refused[at++] = from.predicted[row] === none ? 1 : 0;
  };
  for (const { from, rows: some } of parts) for (const row of some) copy(from, row);
  const sure = surenessOf(scores, classes, none);
  const limit = overconfident > 0 ? overconfident : median(sure.largest.subarray(0, usual.length));
  return statisticOf({ scores: sure, refused }, items, limit);
};

/** Does a version know what it does not know? How sure it is on usual texts (the evaluation data) against texts that belong to no class, how
 *  many of those it answers as if they did, and what abstaining below a threshold would catch. Thresholds are chosen on a random half of the
 *  usual texts, by each version for itself. A class of the model's own for "none of them" is named by `own-label`: its answers count as
 *  abstaining, its probability as doubt, and evaluation rows that have it as right answer count among the texts of no class.
 *  Of fewer than 30 texts of either kind nothing is told.
 *  Intervals: Wilson for shares at given thresholds, percentile bootstrap otherwise; against the original: paired bootstrap.
 *  Errors: `quality/out-of-scope` without texts of either kind, `quality/own-label`, `quality/rows`, `task/not-finite`. */
export const outOfScope = defineEvaluator({
  id: 'quality/out-of-scope',
  version: 2,
  title: 'Doubt about strange texts',
  source: 'Hendrycks & Gimpel 2017; Larson et al. 2019; scikit-learn definitions',
  metrics: outOfScopeMetrics,
  options: {
    ownLabel: {
      kind: 'text',
      default: '',
      description: 'The model’s own class for texts that belong to no other, such as "oos"; empty: it has none.',
    },
    keep: {
      kind: 'number',
      default: 0.95,
      min: 0.5,
      max: 1,
      description: 'Share of usual texts that abstaining may not touch.',
    },
    overconfidentFrom: {
      kind: 'number',
      default: 0,
      min: 0,
      max: 1,
      description:
        'Probability from which an answer to a text of no class is overconfident; 0: that of the middle one of the usual texts.',
    },
    replicates: {
      kind: 'integer',
      default: 1000,
      min: 200,
      max: 100_000,
      description: 'Bootstrap draws behind each interval.',
    },
  },
  needs: { dataset: 'inputs', alone: false, answers: 'classes', outOfScope: true },
  async evaluate(trial: Trial, options, context) {
    context.signal.throwIfAborted();
    const none = ownLabelOf(trial, options.ownLabel);
    const own = (example: Example): boolean => none >= 0 && example.label === trial.task.labels[none];
    const rows = [...trial.examples.keys()];
    const usual = rows.filter((row) => !own(trial.examples[row]!));
    const strange = rows.filter((row) => own(trial.examples[row]!));
    const outside = trial.outOfScope.length + strange.length;
    if (usual.length < 2 || outside === 0)
      throw new SteelyardError(
        'quality/out-of-scope',
        `quality/out-of-scope needs texts of both kinds: ${usual.length} usual ones, ${outside} of no class`,
        'data.out-of-scope names texts that belong to no class',
      );
    // Half of the usual texts by their ids, so that neither order nor subset changes who chooses.
    const chooses = Uint8Array.from(usual, (row) =>
      context.random(`quality/out-of-scope ${trial.examples[row]!.id}`).next() < 0.5 ? 1 : 0,
    );
    if (chooses.every((one) => one === 1)) chooses[0] = 0;
    if (chooses.every((one) => one === 0)) chooses[0] = 1;
    const items: Items = {
      inside: usual.length,
      outside,
      chooses,
      keeps: [options.keep, ...[0.8, 0.9, 0.95, 0.99].filter((keep) => keep !== options.keep)],
    };
    const fields = fieldsOf(items);
    const split: Split = { usual, strange, items, none };
    const outcomes = new Map<string, SubjectOutcome>();
    const everyone: readonly Subject[] = [trial.baseline, ...trial.candidates];
    const statistics = new Map<string, Statistic>();
    for (const [index, subject] of everyone.entries()) {
      context.signal.throwIfAborted();
      context.progress({ label: 'weighing doubt', done: index, total: everyone.length, detail: subject.id });
      try {
        statistics.set(subject.id, await tell(trial, subject, split, options.overconfidentFrom));
      } catch (error) {
        if (context.signal.aborted || !isSteelyardError(error) || index === 0) throw error;
        outcomes.set(subject.id, { kind: 'failed', code: error.code, message: error.message });
      }
    }
    const ids = [...statistics.keys()];
    const suspect = none < 0 ? trial.task.labels.find((label) => saysNone.test(label)) : undefined;
    const caveats =
      suspect === undefined
        ? []
        : [`the model has a class "${suspect}": name it as own-label if it means none of the others`];
    const [count, what] = outside < fewestItems ? [outside, 'texts of no class'] : [usual.length, 'usual texts'];
    if (count < fewestItems) {
      const whole = outOfScopeMetrics.filter(({ id }) => fields.some(({ metric, slice }) => metric === id && !slice));
      const measurements = whole.map((one) => untold(one, count, trial.confidence, [needed(count, what), ...caveats]));
      for (const id of ids) outcomes.set(id, { kind: 'measured', measurements });
      return outcomes;
    }
    const draws = ids.map(() => fields.map(() => new Float64Array(options.replicates)));
    const weights = new Int32Array(usual.length + outside);
    const random = context.random('quality/out-of-scope');
    for (let replicate = 0; replicate < options.replicates; replicate++) {
      if (replicate % 64 === 0) {
        // Let a cancellation through.
        await new Promise((resolve) => setImmediate(resolve));
        context.signal.throwIfAborted();
      }
      // The same draws for every version.
      draw(weights, usual.length, outside, random);
      for (const [version, id] of ids.entries())
        for (const [field, value] of statistics.get(id)!(weights).entries()) draws[version]![field]![replicate] = value;
    }
    const tail = (1 - trial.confidence) / 2;
    const interval = (values: Float64Array) => {
      const ordered = values.filter((one) => !Number.isNaN(one)).sort();
      return { low: quantile(ordered, tail), high: quantile(ordered, 1 - tail), ordered };
    };
    const values = ids.map((id) => statistics.get(id)!(undefined));
    for (const [version, id] of ids.entries()) {
      const measurements = fields.map(({ metric, slice, counted, samples }, field): Measurement => {
        const value = values[version]![field]!;
        const { low, high } = counted
          ? wilson(Math.round(value * samples), samples, trial.confidence)
          : interval(draws[version]![field]!);
        const one = {
          metric,
          unit: unitOf.get(metric)!,
          value,
          low: Math.min(low, value),
          high: Math.max(high, value),
          confidence: trial.confidence,
          samples,
          ...(slice === undefined ? {} : { slice }),
          ...(slice === undefined && caveats.length > 0 ? { caveat: caveats.join('; ') } : {}),
        };
        if (version === 0) return one;
        const difference = interval(draws[version]![field]!.map((now, at) => now - draws[0]![field]![at]!));
        return {
          ...one,
          versus: {
            kind: 'difference',
            value: value - values[0]![field]!,
            low: difference.low,
            high: difference.high,
            evidence: thinQuantiles(difference.ordered),
            method: `paired bootstrap over ${usual.length.toLocaleString('en-US')} usual texts and ${outside.toLocaleString('en-US')} of no class, ${options.replicates.toLocaleString('en-US')} draws`,
          },
        };
      });
      outcomes.set(id, { kind: 'measured', measurements });
    }
    return outcomes;
  },
});
