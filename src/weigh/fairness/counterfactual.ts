import {
  SteelyardError,
  defineEvaluator,
  isSteelyardError,
  noted,
  type Context,
  type Example,
  type Measurement,
  type Subject,
  type SubjectOutcome,
  type Trial,
} from '../../contracts/index.ts';
import { answersOf, truthOf } from '../quality/answers.ts';
import { consistency, givenPairs, leaning, rareKinds, type Answered, type Swap } from './counterfactual-measure.ts';
import { counterfactualMetrics } from './counterfactual-metrics.ts';
import { dialect } from './dialect.ts';
import { builtInLists } from './lists.ts';
import { pairsIn } from './pairs.ts';
import { positiveOf } from './positive.ts';
import { pronouns } from './pronouns.ts';
import type { SwapKind } from './swaps.ts';

const builtIn: readonly SwapKind[] = [...builtInLists, pronouns, dialect];

interface Made {
  readonly swaps: readonly Swap[];
  readonly texts: readonly Example[];
  /** Kinds for which no text has anything to swap, and those of which only some texts were taken. */
  readonly notes: readonly string[];
}

/** At most `limit` swapped texts of each kind. Which ones, and what becomes of them, depends on the seed and the text's id alone. */
const make = (examples: readonly Example[], kinds: readonly SwapKind[], limit: number, context: Context): Made => {
  const swaps: Swap[] = [];
  const texts: Example[] = [];
  const notes: string[] = [];
  for (const kind of kinds) {
    const found = examples.flatMap((example, row) => {
      if (example.text === undefined) return [];
      const random = context.random(`fairness/counterfactual ${kind.name} ${example.id}`);
      const order = random.next();
      const parts = example.pair === undefined ? [example.text] : [example.text, example.pair];
      const swapped = kind.swap(parts, random);
      return swapped === null ? [] : [{ row, order, swapped }];
    });
    if (found.length === 0) notes.push(`no text has anything to swap of kind ${kind.name}`);
    if (found.length > limit) notes.push(`${limit} of ${found.length} texts taken for ${kind.name}`);
    const taken = found.toSorted((a, b) => a.order - b.order).slice(0, limit);
    for (const { row, swapped } of taken.toSorted((a, b) => a.row - b.row)) {
      const example = examples[row]!;
      const [text, pair] = swapped.texts;
      swaps.push({ row, at: texts.length, kind: kind.name, from: swapped.from, to: swapped.to });
      texts.push({
        ...example,
        id: `${example.id} ${kind.name}`,
        text: text!,
        ...(pair === undefined ? {} : { pair }),
      });
    }
  }
  return { swaps, texts, notes };
};

const kindsOf = async (wanted: readonly string[], path: string): Promise<readonly SwapKind[]> => {
  // What reads YAML is loaded by those who wrote lists.
  const own = path === '' ? [] : await (await import('./lists-file.ts')).readLists(path);
  // A list of the user's own takes the place of the built-in one of that name.
  const all = [...builtIn.filter(({ name }) => !own.some((one) => one.name === name)), ...own];
  const unknown = wanted.find((name) => !all.some((kind) => kind.name === name));
  if (unknown !== undefined)
    throw new SteelyardError(
      'fairness/kind',
      `fairness/counterfactual: there is no kind "${unknown}" of swap`,
      `kinds: ${all.map(({ name }) => name).join(', ')}`,
    );
  return wanted.length > 0 ? all.filter(({ name }) => wanted.includes(name)) : all;
};

/** Does it matter whom a text is about? Names, pronouns, family roles, nationalities and turns of phrase are swapped for another group's, the
 *  swaps drawn by seed and text; the answer should stay. Also pairs of rows that the data itself has: edited texts that must agree, or must
 *  not. The lists are English and small; bring your own with `lists`.
 *  Errors: `fairness/lists`, `fairness/kind`, `fairness/label`, `fairness/pair-column`, `task/labels`, `quality/rows`, `task/not-finite`. */
export const counterfactual = defineEvaluator({
  id: 'fairness/counterfactual',
  version: 2,
  title: 'The same about somebody else',
  source:
    'HELM fairness perturbations; Garg et al. 2019 (counterfactual token fairness); Gardner et al. 2020; AX-g (Rudinger et al. 2018)',
  metrics: counterfactualMetrics,
  options: {
    kinds: {
      kind: 'names',
      default: [],
      description:
        'Kinds of swaps: names, name-gender, roles, nationalities, pronouns, dialect, and those of your own lists; none: all.',
    },
    lists: {
      kind: 'text',
      default: '',
      description: 'A YAML or JSON file with word lists of your own: kinds, their groups, and the words of each group.',
    },
    positive: {
      kind: 'text',
      default: '',
      description:
        'The answer whose probability shows leaning; empty: the right answer of each text, or the original’s where none is known.',
    },
    pairColumn: {
      kind: 'text',
      default: '',
      description: 'A group column in which two rows that make a pair have the same value.',
    },
    limit: {
      kind: 'integer',
      default: 500,
      min: 1,
      max: 100_000,
      description: 'Texts of each kind that are swapped at most.',
    },
  },
  needs: { dataset: 'inputs', alone: false, answers: 'classes', files: ['lists'] },
  when: 'asked',
  async evaluate(trial: Trial, options, context) {
    context.signal.throwIfAborted();
    const positive = positiveOf(trial, options.positive, 'fairness/counterfactual');
    const kinds = await kindsOf(options.kinds, options.lists);
    const { swaps, texts, notes: remarks } = make(trial.examples, kinds, options.limit, context);
    const rare = rareKinds(swaps);
    const given = options.pairColumn === '' ? null : pairsIn(trial.examples, trial.groups, options.pairColumn);
    const truth = truthOf(trial);
    const found = new Set(swaps.map(({ row }) => row)).size;
    const outcomes = new Map<string, SubjectOutcome>();
    const everyone: readonly Subject[] = [trial.baseline, ...trial.candidates];
    let baseline: Answered | null = null;
    for (const [index, subject] of everyone.entries()) {
      context.signal.throwIfAborted();
      context.progress({
        label: 'asking about somebody else',
        done: index,
        total: everyone.length,
        detail: subject.id,
      });
      try {
        const original = answersOf(await trial.predictions(subject), trial.examples, subject.id);
        const swapped =
          texts.length === 0
            ? { ...original, predicted: new Int32Array(0), scores: new Float32Array(0) }
            : answersOf(await trial.ask(subject, texts, 'counterfactual texts'), texts, subject.id);
        const now: Answered = { original, swapped };
        const before = index === 0 ? null : baseline!;
        if (index === 0) baseline = now;
        const first = baseline!.original.predicted;
        const labelOf = (row: number): number => positive ?? (truth[row]! >= 0 ? truth[row]! : first[row]!);
        const { confidence } = trial;
        const count: Measurement = {
          metric: 'counterfactual-texts',
          unit: 'count',
          value: found,
          low: found,
          high: found,
          confidence,
          samples: Math.max(1, trial.examples.length),
          ...noted(remarks, rare),
        };
        outcomes.set(subject.id, {
          kind: 'measured',
          measurements: [
            ...(swaps.length === 0
              ? []
              : [
                  ...consistency(swaps, now, before, confidence, remarks, rare),
                  ...leaning(swaps, now, before, labelOf, confidence, (label) => context.random(label)),
                ]),
            ...(given === null
              ? []
              : givenPairs(
                  given.pairs,
                  truth,
                  original.predicted,
                  before?.original.predicted ?? null,
                  confidence,
                  given.odd,
                )),
            count,
          ],
        });
      } catch (error) {
        if (context.signal.aborted || !isSteelyardError(error) || index === 0) throw error;
        outcomes.set(subject.id, { kind: 'failed', code: error.code, message: error.message });
      }
    }
    return outcomes;
  },
});
