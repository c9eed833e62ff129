import type { Context, Example, Predictions, Subject, Trial } from '../../contracts/index.ts';
import { answersOf } from '../quality/answers.ts';
import { checkLabels } from '../tasks/index.ts';
import type { Kind } from './kinds.ts';

/** At most `most` rows that have a text and a right answer. Which ones depends on the seed and the ids alone. Ascending. */
export const chooseRows = (trial: Trial, most: number, context: Context): readonly number[] =>
  trial.examples
    .flatMap(({ id, text, label }, row) =>
      text === undefined || label === null ? [] : [{ row, lot: context.random(`robustness/chosen ${id}`).next() }],
    )
    .toSorted((a, b) => a.lot - b.lot || a.row - b.row)
    .slice(0, most)
    .map(({ row }) => row)
    .sort((a, b) => a - b);

/** Chosen examples and what each kind makes of them. */
export interface Variants {
  /** Rows of the trial's examples. */
  readonly rows: readonly number[];
  readonly truth: Int32Array;
  readonly kinds: readonly {
    readonly id: string;
    readonly meaning: Kind['meaning'];
    /** Per chosen row: where in `asked` its changed example stands, or −1 where the kind left it as it is. */
    readonly at: Int32Array;
    readonly truth: Int32Array;
    /** How many it changed. */
    readonly changed: number;
  }[];
  /** Every changed text once, however many kinds and rows lead to it. */
  readonly asked: readonly Example[];
}

/** Change the chosen rows by every kind. Errors: `task/labels` when the model does not know a right answer. */
export const makeVariants = (
  trial: Trial,
  rows: readonly number[],
  kinds: readonly Kind[],
  context: Context,
): Variants => {
  const examples = rows.map((row) => trial.examples[row]!);
  checkLabels(trial.task.labels, examples, 'evaluation data');
  const indexOf = new Map(trial.task.labels.map((name, index) => [name, index]));
  const truth = Int32Array.from(examples, ({ label }) => indexOf.get(label!)!);
  const asked: Example[] = [];
  const known = new Map<string, number>();
  const place = (example: Example): number => {
    const key = JSON.stringify([example.text, example.pair ?? null]);
    const before = known.get(key);
    if (before !== undefined) return before;
    known.set(key, asked.length);
    return asked.push(example) - 1;
  };
  return {
    rows,
    truth,
    asked,
    kinds: kinds.map((kind) => {
      context.signal.throwIfAborted();
      const at = new Int32Array(rows.length).fill(-1);
      const own = truth.slice();
      for (const [item, example] of examples.entries()) {
        const changed = kind.change(example, context);
        if (changed === null) continue;
        at[item] = place(changed);
        own[item] = indexOf.get(changed.label!)!;
      }
      const changed = at.reduce((sum, one) => sum + (one < 0 ? 0 : 1), 0);
      return { id: kind.id, meaning: kind.meaning, at, truth: own, changed };
    }),
  };
};

/** What one version made of the variants: 1 is right (or kept), 0 is not. Shapes: [rows] each. */
export interface Outcome {
  readonly clean: Uint8Array;
  readonly kinds: readonly {
    /** Right on the changed example; where nothing changed, as without the kind. */
    readonly right: Uint8Array;
    /** Same answer as without the kind. */
    readonly kept: Uint8Array;
  }[];
}

/** Ask one version about the clean rows (remembered) and, all at once, about every changed text.
 *  Errors: `quality/rows`, `task/not-finite`, `runtime/…`. */
export const answerVariants = async (trial: Trial, subject: Subject, variants: Variants): Promise<Outcome> => {
  const { rows, truth, asked, kinds } = variants;
  const all = answersOf(await trial.predictions(subject), trial.examples, subject.id).predicted;
  const clean = Int32Array.from(rows, (row) => all[row]!);
  const given: Predictions['predicted'] =
    asked.length === 0
      ? new Int32Array(0)
      : answersOf(await trial.ask(subject, asked, 'changed texts'), asked, subject.id).predicted;
  return {
    clean: Uint8Array.from(clean, (one, item) => (one === truth[item] ? 1 : 0)),
    kinds: kinds.map(({ at, truth: own }) => {
      const answers = clean.map((one, item) => (at[item]! < 0 ? one : given[at[item]!]!));
      return {
        right: Uint8Array.from(answers, (one, item) => (one === own[item] ? 1 : 0)),
        kept: Uint8Array.from(answers, (one, item) => (one === clean[item] ? 1 : 0)),
      };
    }),
  };
};

/** Only the kinds that change some text, and the names of those that change none: these cannot show anything. */
export const withoutIdle = (variants: Variants): { readonly variants: Variants; readonly idle: readonly string[] } => ({
  variants: { ...variants, kinds: variants.kinds.filter(({ changed }) => changed > 0) },
  idle: variants.kinds.filter(({ changed }) => changed === 0).map(({ id }) => id),
});
