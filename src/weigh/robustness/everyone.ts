import {
  isSteelyardError,
  type Context,
  type Measurement,
  type Subject,
  type SubjectOutcome,
  type Trial,
} from '../../contracts/index.ts';

/** Measure the baseline, then each candidate with what the baseline gave. A candidate's own fault is its outcome; the baseline's ends the trial.
 *  Errors: whatever the baseline's answers throw; cancellation. */
export const everyone = async <T>(
  trial: Trial,
  context: Context,
  label: string,
  answer: (subject: Subject) => Promise<T>,
  measure: (own: T, baseline: T | null) => readonly Measurement[],
): Promise<ReadonlyMap<string, SubjectOutcome>> => {
  const outcomes = new Map<string, SubjectOutcome>();
  const total = 1 + trial.candidates.length;
  const next = (subject: Subject): void => {
    context.signal.throwIfAborted();
    context.progress({ label, done: outcomes.size, total, detail: subject.id });
  };
  next(trial.baseline);
  const baseline = await answer(trial.baseline);
  outcomes.set(trial.baseline.id, { kind: 'measured', measurements: measure(baseline, null) });
  for (const subject of trial.candidates) {
    next(subject);
    try {
      outcomes.set(subject.id, { kind: 'measured', measurements: measure(await answer(subject), baseline) });
    } catch (error) {
      if (context.signal.aborted || !isSteelyardError(error)) throw error;
      outcomes.set(subject.id, { kind: 'failed', code: error.code, message: error.message });
    }
  }
  return outcomes;
};

/** Nothing to say about anybody, for a reason that the log tells. */
export const nothing = (
  trial: Trial,
  context: Context,
  why: string,
  level: 'warn' | 'debug' = 'warn',
): ReadonlyMap<string, SubjectOutcome> => {
  context.log(level, why);
  return new Map(
    [trial.baseline, ...trial.candidates].map(({ id }) => [id, { kind: 'measured', measurements: [] }] as const),
  );
};
