import {
  defineEvaluator,
  isSteelyardError,
  noted,
  type Predictions,
  type Subject,
  type SubjectOutcome,
  type Trial,
} from '../../contracts/index.ts';
import { answersOf, truthOf } from '../quality/answers.ts';
import { familiesOf } from './families.ts';
import { changesOf, gapsOf, measure, perGroup, worstOf, type Setting, type Version } from './groups-measure.ts';
import { groupMetrics } from './groups-metrics.ts';
import { positiveOf } from './positive.ts';
import { resample } from './resample.ts';

/** Who is hurt: accuracy, selection and error rates by group and crossing, the worst group, the gaps between groups, and who got other
 *  answers than from the original. Rows without a right answer do not count, unless none has one; then only selection and changes are
 *  compared. Groups below 30 rows are refused by name.
 *  Errors: `task/labels`, `quality/rows`, `task/not-finite`, `fairness/label`. */
export const groups = defineEvaluator({
  id: 'fairness/groups',
  version: 2,
  title: 'Who is hurt',
  source: 'fairlearn definitions; Hardt et al. 2016; Tango 1998; Berger 1982; Hooker et al. 2020 (harm by group)',
  metrics: groupMetrics,
  options: {
    positive: {
      kind: 'text',
      default: '',
      description:
        'The one answer that people want or fear; rates are then about it alone instead of a mean over answers.',
    },
    intersections: {
      kind: 'boolean',
      default: true,
      description: 'Also look at pairs of group columns (casual and English, casual and German, …).',
    },
    fewestPerRate: {
      kind: 'integer',
      default: 10,
      min: 1,
      max: 1000,
      description: 'Examples of a class that a group needs for its true-positive and false-positive rates to count.',
    },
    replicates: {
      kind: 'integer',
      default: 2000,
      min: 200,
      max: 100_000,
      description: 'Bootstrap draws behind the intervals of gaps, and shuffles behind the tests.',
    },
  },
  needs: { dataset: 'inputs', alone: false, answers: 'classes' },
  async evaluate(trial: Trial, options, context) {
    context.signal.throwIfAborted();
    const outcomes = new Map<string, SubjectOutcome>();
    const everyone: readonly Subject[] = [trial.baseline, ...trial.candidates];
    if (trial.groups.length === 0) {
      for (const { id } of everyone) outcomes.set(id, { kind: 'measured', measurements: [] });
      return outcomes;
    }
    const positive = positiveOf(trial, options.positive, 'fairness/groups');
    const all = truthOf(trial);
    const labelled = all.some((label) => label >= 0);
    const rows = [...all.keys()].filter((row) => !labelled || all[row]! >= 0);
    const { families, refused, remarks } = familiesOf(trial.examples, trial.groups, rows, options.intersections);
    const answers = new Map<string, Int32Array>();
    const take = ({ predicted }: Predictions): Int32Array => Int32Array.from(rows, (row) => predicted[row]!);
    for (const [index, subject] of everyone.entries()) {
      context.signal.throwIfAborted();
      context.progress({ label: 'weighing groups', done: index, total: everyone.length, detail: subject.id });
      try {
        answers.set(subject.id, take(answersOf(await trial.predictions(subject), trial.examples, subject.id)));
      } catch (error) {
        if (context.signal.aborted || !isSteelyardError(error) || index === 0) throw error;
        outcomes.set(subject.id, { kind: 'failed', code: error.code, message: error.message });
      }
    }
    const setting: Setting = {
      confidence: trial.confidence,
      families,
      truth: Int32Array.from(rows, (row) => all[row]!),
      labelled,
      remarks,
      refused,
      context,
      shuffles: options.replicates,
    };
    const told = await resample({
      families,
      truth: setting.truth,
      answers: [...answers.values()],
      classes: trial.task.labels.length,
      positive,
      fewest: options.fewestPerRate,
      replicates: families.some(({ groups: some }) => some.length > 0) ? options.replicates : 0,
      // The same label for every version: all of them see the same draws.
      random: context.random('fairness/groups'),
      signal: context.signal,
    });
    const compared = families.reduce((sum, { groups: some }) => sum + some.length, 0);
    const count = measure(
      'groups-compared',
      { value: compared, low: compared, high: compared },
      rows.length,
      trial.confidence,
      noted(remarks, refused),
    );
    const baseline = answers.get(trial.baseline.id)!;
    for (const [at, [id, predicted]] of [...answers].entries()) {
      const version: Version = {
        predicted,
        told: told[at]!,
        before: at === 0 ? null : { predicted: baseline, told: told[0]! },
      };
      outcomes.set(id, {
        kind: 'measured',
        measurements: [
          // The most telling one first.
          ...(labelled ? [...worstOf(setting, version), ...perGroup(setting, version)] : []),
          ...gapsOf(setting, version),
          ...changesOf(setting, version),
          ...(rows.length === 0 ? [] : [count]),
        ],
      });
    }
    return outcomes;
  },
});
