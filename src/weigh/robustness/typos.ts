import { defineEvaluator } from '../../contracts/index.ts';
import { everyone, nothing } from './everyone.ts';
import { kindsOf } from './kinds.ts';
import { accuracyUnderKinds, changedNotes, tooFewChanged } from './measures.ts';
import { frameOf } from './perturbations.ts';
import { answerVariants } from './variants.ts';

/** Accuracy under typing errors alone, at the strengths of HELM: less than three answers for each chosen example.
 *  Errors: `task/labels`, `quality/rows`, `task/not-finite`, `runtime/…` of the original. */
export const typos = defineEvaluator({
  id: 'robustness/typos',
  version: 2,
  title: 'Answers on texts with typing errors',
  source: 'HELM (TyposPerturbation 0.01 a letter, MisspellingPerturbation 0.1 a word); Pruthi et al. 2019 (swaps)',
  metrics: [
    {
      id: 'typo-accuracy',
      title: 'Accuracy with typing errors',
      unit: 'proportion',
      better: 'higher',
      versus: 'difference',
      definition:
        'Mean accuracy on texts with slips to neighboring keys, with common misspellings, and with swapped letters (HELM strengths).',
    },
  ],
  options: {
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
      description: 'How many typing errors, as a multiple of the usual number.',
    },
    keyboard: {
      kind: 'choice',
      default: 'qwerty',
      choices: ['qwerty', 'qwertz', 'azerty'],
      description: 'The keyboard whose neighboring keys are hit.',
    },
    replicates: {
      kind: 'integer',
      default: 2000,
      min: 200,
      max: 10_000,
      description: 'Bootstrap draws behind the interval of the mean.',
    },
  },
  needs: { dataset: 'labelled', alone: false, answers: 'classes' },
  when: 'asked',
  async evaluate(trial, options, context) {
    context.signal.throwIfAborted();
    const slip = options.keyboard === 'qwerty' ? 'typo' : `typo-${options.keyboard}`;
    const kinds = kindsOf([slip, 'misspelling', 'swap'], options.strength, trial);
    const found = frameOf(trial, kinds, options, context);
    if (typeof found === 'string') return nothing(trial, context, found);
    const { frame, idle } = found;
    const notes = changedNotes(frame.variants, idle);
    return everyone(
      trial,
      context,
      'weighing typing errors',
      (subject) => answerVariants(trial, subject, frame.variants),
      (own, baseline) => {
        const [whole, ...slices] = accuracyUnderKinds('typo-accuracy', own, baseline, frame);
        return tooFewChanged(frame, this.metrics, idle) ?? [{ ...whole!, ...notes }, ...slices];
      },
    );
  },
});
