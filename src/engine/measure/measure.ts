import {
  isSteelyardError,
  parseOptions,
  type Context,
  type Digest,
  type Evaluator,
  type Example,
  type Machine,
  type Scenario,
  type Store,
  type StoreRecord,
  type Subject,
  type SubjectOutcome,
  type Task,
  type Trial,
} from '../../contracts/index.ts';
import { isOwnFault } from '../run/own-fault.ts';
import { throwIfCancelled } from '../run/context.ts';
import { answersOn, measureKey } from '../run/keys.ts';
import { digestExamples } from '../../data/index.ts';
import { asWideAsKnown } from './as-wide-as-known.ts';
import { rememberAnswers, type Split } from './predictions.ts';

export type Outcomes = ReadonlyMap<string, ReadonlyMap<string, SubjectOutcome>>;

/** An evaluator with what the scenario says about it. */
export interface Asked {
  readonly evaluator: Evaluator;
  /** As the scenario writes them; files as absolute paths. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Digests of the files that its options name. */
  readonly files: Readonly<Record<string, Digest>>;
}

export interface MeasureSettings {
  readonly task: Task;
  readonly split: Split;
  readonly baseline: Subject;
  readonly candidates: readonly Subject[];
  readonly groups: readonly string[];
  readonly confidence: number;
  readonly price: Trial['price'];
  readonly traffic: Scenario['traffic'];
  readonly evaluators: readonly Asked[];
  /** See Trial. */
  readonly reference: readonly Example[];
  readonly referenceFrom?: Trial['referenceFrom'];
  readonly outOfScope: readonly Example[];
  /** See Trial. */
  readonly gradients?: Trial['gradients'];
  /** Seconds that evaluators with an option `maxSeconds` may share. */
  readonly seconds: number;
  readonly machine: Machine;
  readonly store: Store;
  readonly context: Context;
}

/** Whether what an evaluator finds follows from answers and files: it needs no machine of its own and no share of the time. */
const isTimeless = ({ needs, options }: Evaluator): boolean =>
  !needs.alone && needs.price !== true && !Object.hasOwn(options, 'maxSeconds');

const digests = new WeakMap<readonly Example[], Digest>();

/** The same examples stand beside every measurement of a run. */
const digestOnce = (examples: readonly Example[]): Digest => {
  const digest = digests.get(examples) ?? digestExamples(examples);
  digests.set(examples, digest);
  return digest;
};

/** Weigh all candidates against the baseline with every evaluator; what a record already holds is not measured again.
 *  A candidate whose process fails while answering is left out with its reason. Returns evaluator id → subject id → outcome. */
export const measureAll = async (settings: MeasureSettings): Promise<Outcomes> => {
  const { task, split, baseline, machine, store, context } = settings;
  const remember = rememberAnswers(task, store, machine, context, settings.traffic.batchSize);
  const predictions = (subject: Subject) => remember(subject, split);
  const beside = { reference: digestOnce(settings.reference), outOfScope: digestOnce(settings.outOfScope) };
  const results = new Map<string, ReadonlyMap<string, SubjectOutcome>>();
  const record = async (
    evaluator: { id: string; version: number; options: unknown; timeless: boolean },
    subjects: readonly Subject[],
    compute: () => Promise<ReadonlyMap<string, SubjectOutcome>>,
  ): Promise<ReadonlyMap<string, SubjectOutcome>> => {
    const { timeless } = evaluator;
    const key = measureKey({
      evaluator: evaluator.id,
      version: evaluator.version,
      options: evaluator.options,
      subjects: subjects.map(({ id, digest, sessionOptions }) => ({ id, digest, session: sessionOptions })),
      task: task.fingerprint,
      data: split.digest,
      beside,
      split: split.name,
      groups: settings.groups,
      confidence: settings.confidence,
      price: timeless ? null : settings.price,
      traffic: timeless ? null : settings.traffic,
      batchSize: settings.traffic.batchSize,
      machine: timeless ? answersOn(machine) : machine.digest,
      seed: context.seed,
    });
    const here = (found: StoreRecord): StoreRecord =>
      found.kind === 'measure' ? { ...found, machine: machine.digest } : found;
    const known = await store.find(key, here);
    if (known?.kind === 'measure') {
      // Of an equal machine, earlier in this run: the same holds on this one, and reports read by machine.
      if (known.machine !== machine.digest) await store.append(here(known));
      return new Map(Object.entries(known.outcomes));
    }
    const started = context.now();
    const outcomes = await compute();
    throwIfCancelled(context.signal);
    await store.append({
      kind: 'measure',
      key,
      at: new Date().toISOString(),
      seconds: (context.now() - started) / 1000,
      evaluator: evaluator.id,
      evaluatorVersion: evaluator.version,
      split: split.name,
      data: split.digest,
      machine: machine.digest,
      ...(timeless ? { timeless } : {}),
      outcomes: Object.fromEntries(outcomes),
    });
    return outcomes;
  };

  // Everybody answers first: who cannot is out, and the evaluators after that never compute an answer twice.
  const everyone = [baseline, ...settings.candidates];
  const answers = await record(
    { id: 'engine/answers', version: 1, options: {}, timeless: true },
    everyone,
    async () => {
      const outcomes = new Map<string, SubjectOutcome>();
      for (const [index, subject] of everyone.entries()) {
        throwIfCancelled(context.signal);
        context.progress({
          label: `answering the ${split.name} data`,
          done: index,
          total: everyone.length,
          detail: subject.id,
        });
        try {
          await predictions(subject);
          outcomes.set(subject.id, { kind: 'measured', measurements: [] });
        } catch (error) {
          throwIfCancelled(context.signal);
          if (subject === baseline || !isSteelyardError(error) || !isOwnFault(error)) throw error;
          context.log('warn', `${subject.id}: ${error.message}`);
          outcomes.set(subject.id, { kind: 'failed', code: error.code, message: error.message });
        }
      }
      return outcomes;
    },
  );
  results.set('engine/answers', answers);
  const alive = settings.candidates.filter(({ id }) => answers.get(id)?.kind === 'measured');
  const trial: Trial = {
    task,
    baseline,
    candidates: alive,
    examples: split.examples,
    groups: settings.groups,
    confidence: settings.confidence,
    price: settings.price,
    traffic: settings.traffic,
    batchSize: settings.traffic.batchSize,
    predictions,
    ask: (subject, examples, name) => remember(subject, { name, digest: digestExamples(examples), examples }),
    reference: settings.reference,
    ...(settings.referenceFrom === undefined ? {} : { referenceFrom: settings.referenceFrom }),
    outOfScope: settings.outOfScope,
    ...(settings.gradients === undefined ? {} : { gradients: settings.gradients }),
  };
  // What their key does not name, they do not see.
  const { traffic: _traffic, ...unhurried } = trial;
  const ofAnswersAlone: Trial = { ...unhurried, price: null };
  const timed = settings.evaluators.filter(({ evaluator }) => Object.hasOwn(evaluator.options, 'maxSeconds')).length;
  const share = Math.max(1, Math.floor(settings.seconds / Math.max(1, timed)));
  for (const { evaluator, options: wanted, files } of settings.evaluators) {
    throwIfCancelled(context.signal);
    const limited = Object.hasOwn(evaluator.options, 'maxSeconds') ? { maxSeconds: share } : {};
    const options = parseOptions(evaluator.id, evaluator.options, { ...limited, ...wanted });
    const { id, version } = evaluator;
    // A file counts by what is in it, not by where it lies.
    const timeless = isTimeless(evaluator);
    const keyed = { id, version, options: { ...options, ...files }, timeless };
    const given = timeless ? ofAnswersAlone : trial;
    const evaluate = async () => asWideAsKnown(await evaluator.evaluate(given, options, context));
    results.set(id, await record(keyed, [baseline, ...alive], evaluate));
  }
  return results;
};

/** All measurements of one subject over all evaluators, or the failure that took it out. */
export const outcomeOf = (outcomes: Outcomes, subject: string): SubjectOutcome => {
  const measurements = [];
  for (const bySubject of outcomes.values()) {
    const outcome = bySubject.get(subject);
    if (outcome === undefined) continue;
    if (outcome.kind === 'failed') return outcome;
    measurements.push(...outcome.measurements);
  }
  return { kind: 'measured', measurements };
};
