import type { Context, Example, Subject, Trial } from '../../../contracts/index.ts';
import { predict } from '../../tasks/predict.ts';
import { lockStep, type World } from './lock-step.ts';
import { search, type Setting } from './search.ts';
import type { Attack, Item, Model, Outcome, Proposer, Text } from './types.ts';

/** Texts per call of a version whose answers do not depend on their batch. */
const together = 32;
/** Scores that differ by less than this share of the largest one are the same: kernels for one row and for many round differently. */
const sameWithin = 1e-4;

const asExample = (text: Text, id: string): Example => ({ id, ...text, label: null, groups: {} });

/** An item as an example of the trial. */
export const textOf = ({ text, pair }: Example): Text =>
  pair === undefined ? { text: text ?? '' } : { text: text ?? '', pair };

/** A version that answers texts, in batches that do not change its answers. */
export interface Opened {
  readonly model: Model;
  /** Its answers depend on their batch: it is asked in batches of production's size. */
  readonly dependent: boolean;
  close(): Promise<void>;
}

/** Open a version and find out, on these examples, whether an answer depends on its neighbors in a batch (scales taken at run time do).
 *  Errors: `runtime/…`, `task/…`. */
export const openVersion = async (
  subject: Subject,
  trial: Trial,
  sample: readonly number[],
  context: Context,
): Promise<Opened> => {
  const session = await subject.open({ shared: true });
  const quiet: Context = { ...context, progress: () => undefined };
  const asking =
    (batchSize: number): Model =>
    async (texts) => {
      const examples = texts.map((text, at) => asExample(text, String(at)));
      return (await predict(subject.task ?? trial.task, session, examples, { batchSize, context: quiet })).scores;
    };
  try {
    const { scores, labels } = await trial.predictions(subject);
    const again = await asking(together)(sample.map((row) => textOf(trial.examples[row]!)));
    const classes = labels.length;
    let [largest, difference] = [1, 0];
    for (const [at, row] of sample.entries())
      for (let index = 0; index < classes; index++) {
        const usual = scores[row * classes + index]!;
        largest = Math.max(largest, Math.abs(usual));
        difference = Math.max(difference, Math.abs(usual - again[at * classes + index]!));
      }
    const dependent = difference > sameWithin * largest;
    return {
      model: asking(dependent ? trial.batchSize : together),
      dependent,
      close: () => session.close(),
    };
  } catch (error) {
    await session.close();
    throw error;
  }
};

/** What attacks found on a version: attack id → one outcome per item, in the order of the items. */
export type Finds = ReadonlyMap<string, readonly Outcome[]>;

/** Every attack on every item, all in lock step. */
export const attackAll = async (
  attacks: readonly Attack[],
  items: readonly Item[],
  setting: Setting,
  world: World,
): Promise<Finds> => {
  const jobs = attacks.flatMap((attack) =>
    items.map((item) => ({ label: item.label, searching: search(attack, item, setting) })),
  );
  const outcomes = await lockStep(jobs, world);
  return new Map(
    attacks.map(({ id }, at) => [id, outcomes.slice(at * items.length, (at + 1) * items.length)] as const),
  );
};

/** Attack one version. `label` is for the progress line. */
export const attackVersion = async (
  { model }: Opened,
  attacks: readonly Attack[],
  items: readonly Item[],
  setting: Setting,
  propose: Proposer | null,
  classes: number,
  label: string,
  context: Context,
): Promise<Finds> => {
  const total = attacks.length * items.length;
  const onRound = (done: number, asked: number): void =>
    context.progress({ label: `attacking ${label}`, done, total, detail: `${asked.toLocaleString('en-US')} texts` });
  return attackAll(attacks, items, setting, { model, propose, classes, signal: context.signal, onRound });
};

/** Per attack, whether each item is broken. */
export type Broken = ReadonlyMap<string, readonly boolean[]>;

/** Ask a version about the texts that attacks found, in production's batches: which of them it answers wrongly. Texts that did not
 *  succeed where they were found break nothing. Errors: those of answering. */
export const replay = async (finds: Finds, items: readonly Item[], subject: Subject, trial: Trial): Promise<Broken> => {
  const asked = [...finds].flatMap(([attack, outcomes]) =>
    outcomes.flatMap(({ state, text }, at) => (state === 'succeeded' ? [{ attack, at, text }] : [])),
  );
  const broken = new Map([...finds].map(([attack, outcomes]) => [attack, outcomes.map(() => false)] as const));
  if (asked.length === 0) return broken;
  const examples = asked.map(({ attack, at, text }) => asExample(text, `${attack}/${items[at]!.id}`));
  const { predicted } = await trial.ask(subject, examples, 'attacked texts');
  for (const [row, { attack, at }] of asked.entries()) broken.get(attack)![at] = predicted[row] !== items[at]!.label;
  return broken;
};

/** Only these items. */
export const only = <T>(byAttack: ReadonlyMap<string, readonly T[]>, rows: readonly number[]) =>
  new Map([...byAttack].map(([attack, all]) => [attack, rows.map((row) => all[row]!)] as const));
