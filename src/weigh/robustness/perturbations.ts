import { defineEvaluator, type Context, type Trial } from '../../contracts/index.ts';
import { everyone, nothing } from './everyone.ts';
import { kindsOf, type Kind } from './kinds.ts';
import { readContrast, readSlang } from './lists.ts';
import {
  accuracyUnderKinds,
  changedNotes,
  consistency,
  robustnessLoss,
  robustnessRatio,
  tooFewChanged,
  worstAccuracy,
  type Frame,
} from './measures.ts';
import { drawItems } from './resample.ts';
import { answerVariants, chooseRows, makeVariants, withoutIdle, type Outcome } from './variants.ts';

/** Change the chosen examples and draw for the bootstrap; a sentence where nothing can be said. */
export const frameOf = (
  trial: Trial,
  kinds: readonly Kind[],
  { examples, replicates }: { readonly examples: number; readonly replicates: number },
  context: Context,
): { readonly frame: Frame; readonly idle: readonly string[] } | string => {
  const rows = chooseRows(trial, examples, context);
  const { variants, idle } = withoutIdle(makeVariants(trial, rows, kinds, context));
  if (rows.length === 0) return 'robustness: no example has a text and a right answer, so there is nothing to change';
  if (variants.kinds.length === 0) return `robustness: ${idle.join(', ')} change none of ${rows.length} texts`;
  const draws = drawItems(rows.length, replicates, context.random('robustness/draws'));
  return { frame: { variants, draws, confidence: trial.confidence }, idle };
};

/** What texts that were changed a little do to the answers: typing errors, spaces, casing, synonyms and more, the same changes for every
 *  version. Shares are of the chosen examples, those that a kind left as they are included; the caveat says how many it changed.
 *  Intervals: Wilson and Tango per kind, bootstrap over examples for means and differences.
 *  Errors: `robustness/kind`, `robustness/list`, `task/labels`, `quality/rows`, `task/not-finite`, `runtime/…` of the original. */
export const perturbationsEvaluator = defineEvaluator({
  id: 'robustness/perturbations',
  version: 2,
  title: 'Answers on changed texts',
  source:
    'HELM (Liang et al. 2022) perturbations and worst case; Morris et al. 2020 (TextAttack); difference in differences',
  metrics: [
    {
      id: 'robust-accuracy',
      title: 'Accuracy on changed texts',
      unit: 'proportion',
      better: 'higher',
      versus: 'difference',
      definition:
        'Mean over kinds of changes (typing errors, spaces, synonyms, …) of the accuracy on texts changed so.',
    },
    {
      id: 'worst-accuracy',
      title: 'Accuracy in the worst case',
      unit: 'proportion',
      better: 'higher',
      versus: 'difference',
      definition: 'Share of examples answered rightly as they are and under every kind of change (HELM, worst case).',
    },
    {
      id: 'robustness-loss',
      title: 'Accuracy lost to changes',
      unit: 'proportion',
      better: 'lower',
      versus: 'difference',
      definition:
        'Accuracy on texts as they are minus accuracy on changed ones; against the original it is the difference in differences: above 0 the version is less robust, not only less accurate.',
    },
    {
      id: 'robustness-ratio',
      title: 'Accuracy kept under changes',
      unit: 'ratio',
      better: 'higher',
      versus: 'ratio',
      definition: 'Accuracy on changed texts divided by accuracy on the same texts as they are.',
    },
    {
      id: 'consistency',
      title: 'Answers kept under changes',
      noun: 'share of answers kept under changes',
      found: '{} of the answers are kept under changes',
      unit: 'proportion',
      better: 'higher',
      versus: 'difference',
      definition: 'Share of changed texts that get the same answer as before the change, right or wrong.',
    },
  ],
  options: {
    kinds: {
      kind: 'names',
      default: [
        'mild-mix',
        'lower-case',
        'contraction',
        'expansion',
        'filler',
        'misspelling',
        'typo',
        'swap',
        'extra-space',
        'punctuation-removed',
        'synonym',
        'sms',
      ],
      description: 'Kinds of changes by name or pattern; "typo@0.3" states a strength.',
    },
    examples: {
      kind: 'integer',
      default: 500,
      min: 1,
      max: 10_000,
      description: 'Examples to change, at most; taken by seed.',
    },
    strength: {
      kind: 'number',
      default: 1,
      min: 0.1,
      max: 20,
      description: 'How strong every kind is, as a multiple of its usual probability.',
    },
    slang: {
      kind: 'text',
      default: '',
      description: 'File with your users’ words for the kind "slang": word, tab, replacement; or JSONL with both.',
    },
    contrast: {
      kind: 'text',
      default: '',
      description: 'JSONL with examples rewritten by people so that another answer is right: id, text, label.',
    },
    replicates: {
      kind: 'integer',
      default: 2000,
      min: 200,
      max: 10_000,
      description: 'Bootstrap draws behind each interval of a mean or a difference.',
    },
  },
  needs: { dataset: 'labelled', alone: false, answers: 'classes', files: ['slang', 'contrast'] },
  when: 'asked',
  async evaluate(trial, options, context) {
    context.signal.throwIfAborted();
    const words = options.slang === '' ? undefined : await readSlang(options.slang);
    const names = words === undefined || options.kinds.includes('slang') ? options.kinds : [...options.kinds, 'slang'];
    const kinds = [
      ...kindsOf(names, options.strength, trial, words),
      ...(options.contrast === '' ? [] : [await readContrast(options.contrast, trial.task.labels)]),
    ];
    const found = frameOf(trial, kinds, options, context);
    if (typeof found === 'string') return nothing(trial, context, found);
    const { frame, idle } = found;
    const notes = changedNotes(frame.variants, idle);
    return everyone<Outcome>(
      trial,
      context,
      'weighing robustness',
      (subject) => answerVariants(trial, subject, frame.variants),
      (own, baseline) => {
        const few = tooFewChanged(frame, this.metrics, idle);
        if (few !== null) return few;
        const [whole, ...slices] = accuracyUnderKinds('robust-accuracy', own, baseline, frame);
        return [
          { ...whole!, ...notes },
          ...slices,
          worstAccuracy(own, baseline, frame),
          ...robustnessLoss(own, baseline, frame),
          ...robustnessRatio(own, baseline, frame),
          ...consistency(own, baseline, frame),
        ];
      },
    );
  },
});
