import {
  SteelyardError,
  defineEvaluator,
  type Example,
  type Measurement,
  type Subject,
} from '../../../contracts/index.ts';
import { answersOf } from '../../quality/answers.ts';
import { probabilities } from '../../quality/softmax.ts';
import { everyone, nothing } from '../everyone.ts';
import { shareOf, sharesVersus } from '../shares.ts';
import { casesOf } from './cases.ts';
import { judgeCase, type Answer } from './judge.ts';

/** Per test and case: true passes, false fails, null does not count. */
type Results = readonly (readonly (boolean | null)[])[];

/** Fail rates of one version, as a whole and per test, with what changed against the baseline on cases that count for both. */
const measurementsOf = (
  names: readonly string[],
  own: Results,
  baseline: Results | null,
  confidence: number,
): readonly Measurement[] => {
  const parts: { readonly slice?: string; readonly tests: readonly number[] }[] = [
    { tests: [...names.keys()] },
    ...names.map((name, at) => ({ slice: `test=${name}`, tests: [at] })),
  ];
  const idle: string[] = [];
  const measurements = parts.flatMap(({ slice, tests }): Measurement[] => {
    const pick = (results: Results): (boolean | null)[] => tests.flatMap((at) => results[at]!);
    const mine = pick(own);
    const failing = (some: readonly (boolean | null)[]): Uint8Array =>
      Uint8Array.from(
        some.filter((one) => one !== null),
        (one) => (one ? 0 : 1),
      );
    const failed = failing(mine);
    if (failed.length === 0) {
      if (slice !== undefined) idle.push(slice);
      return [];
    }
    const measured = shareOf('checklist-failures', failed, confidence, slice);
    if (baseline === null) return [measured];
    const before = pick(baseline);
    const both = [...mine.keys()].filter((at) => mine[at] !== null && before[at] !== null);
    if (both.length === 0) {
      if (slice !== undefined) idle.push(slice);
      return [];
    }
    const [then, now] = [before, mine].map((some) => failing(both.map((at) => some[at]!))) as [Uint8Array, Uint8Array];
    return [
      { ...measured, versus: sharesVersus(then, now, confidence, 'cases') },
      shareOf(
        'checklist-newly-failing',
        now.map((one, at) => (one === 1 && then[at] === 0 ? 1 : 0)),
        confidence,
        slice,
      ),
      shareOf(
        'checklist-newly-fixed',
        now.map((one, at) => (one === 0 && then[at] === 1 ? 1 : 0)),
        confidence,
        slice,
      ),
    ];
  });
  const uncounted = own.flat().filter((one) => one === null).length;
  const caveat = [
    ...(uncounted === 0 ? [] : [`${uncounted} of ${own.flat().length} cases could not have failed and do not count`]),
    ...idle.map((slice) => `${slice} has no case that counts`),
  ].join('; ');
  return caveat === '' || measurements.length === 0
    ? measurements
    : [{ ...measurements[0]!, caveat }, ...measurements.slice(1)];
};

/** Behavior tests from a suite that the user writes: known answers (MFT), changes that must not matter (INV), changes that must (DIR).
 *  Intervals: Wilson; against the original: Tango and McNemar on the same cases.
 *  Errors: `checklist/file`, `checklist/yaml`, `checklist/invalid`, `checklist/missing`, `runtime/…` of the original. */
export const checklist = defineEvaluator({
  id: 'robustness/checklist',
  version: 1,
  title: 'Behavior tests',
  source: 'CheckList (Ribeiro et al. 2020): MFT, INV and DIR tests with templates',
  metrics: [
    {
      id: 'checklist-failures',
      title: 'Failing behavior tests',
      noun: 'share of failing behavior tests',
      found: '{} of the behavior tests fail',
      unit: 'proportion',
      better: 'lower',
      versus: 'difference',
      definition:
        'Share of the suite’s cases that fail; a case fails when its answer is wrong (MFT) or one of its variants is not as expected (INV, DIR).',
    },
    {
      id: 'checklist-newly-failing',
      title: 'Behavior tests newly failing',
      noun: 'share of behavior tests that newly fail',
      found: '{} of the behavior tests newly fail',
      unit: 'proportion',
      better: 'lower',
      versus: 'none',
      definition: 'Share of the cases that the original passes and this version fails.',
    },
    {
      id: 'checklist-newly-fixed',
      title: 'Behavior tests newly passing',
      noun: 'share of behavior tests that newly pass',
      found: '{} of the behavior tests newly pass',
      unit: 'proportion',
      better: 'higher',
      versus: 'none',
      definition: 'Share of the cases that the original fails and this version passes.',
    },
  ],
  options: {
    suite: { kind: 'text', default: '', description: 'The YAML file with the tests.' },
  },
  needs: { dataset: 'inputs', alone: false, answers: 'classes', files: ['suite'] },
  when: 'asked',
  async evaluate(trial, { suite: path }, context) {
    context.signal.throwIfAborted();
    if (trial.examples.some(({ text }) => text === undefined))
      return nothing(trial, context, 'robustness/checklist: the examples are no texts');
    if (path === '')
      throw new SteelyardError(
        'checklist/missing',
        'robustness/checklist has no suite',
        'name it in the scenario: weigh: { robustness/checklist: { suite: checklist.yaml } }',
      );
    const { labels } = trial.task;
    // What reads YAML is loaded by those who wrote a suite.
    const { readSuite } = await import('./parse.ts');
    const suite = await readSuite(path, labels);
    const tests = casesOf(suite, trial, context);
    // Each text is asked once, however many cases it stands in.
    const asked: Example[] = [];
    const known = new Map<string, number>();
    const place = (example: Example): number => {
      const key = JSON.stringify([example.text, example.pair ?? null]);
      const at = known.get(key) ?? asked.push(example) - 1;
      known.set(key, at);
      return at;
    };
    const places = tests.map((cases) =>
      cases.map(({ original, variants }) => ({ original: place(original), variants: variants.map(place) })),
    );
    const answer = async (subject: Subject): Promise<Results> => {
      const { predicted, scores } = answersOf(await trial.ask(subject, asked, 'the checklist'), asked, subject.id);
      const answers = asked.map((_, at): Answer => ({
        predicted: predicted[at]!,
        confidence: probabilities(scores, at * labels.length, labels.length),
      }));
      return places.map((cases, test) =>
        cases.map(({ original, variants }) =>
          judgeCase(
            suite.tests[test]!,
            labels,
            answers[original]!,
            variants.map((at) => answers[at]!),
          ),
        ),
      );
    };
    const names = suite.tests.map(({ name }) => name);
    return everyone(trial, context, 'weighing behavior', answer, (own, baseline) =>
      measurementsOf(names, own, baseline, trial.confidence),
    );
  },
});
