import { SteelyardError, isSteelyardError, trainedName, trainedRoles } from '../../contracts/index.ts';
import type { Context, Descent, Feeds, Tensor, TrainedRole, TrainingSession, Value } from '../../contracts/index.ts';
import { tensor, toFloat32 } from '../../model/tensor/index.ts';
import { loadCheckpoint, saveCheckpoint, type Checkpoint, type EpochResult, type EpochSums } from './checkpoint.ts';
import { placeHeld, readHeld } from './held.ts';
import { keyOf, totalSteps, validate, type LearnResult, type LearnSettings } from './learn-settings.ts';
import { groupsOf } from './lessons.ts';
import { descentOf, usualAdam } from './optimizer.ts';
import { affordableSteps, durationText, progressText } from './pace.ts';
import { rateAt } from './schedule.ts';
import { trainingStep, type Step } from './step.ts';

export type { EpochResult } from './checkpoint.ts';
export type { LearnResult, LearnSettings } from './learn-settings.ts';
export type { Lesson } from './lessons.ts';

const notFinite = (what: string, where: string, kept: boolean): SteelyardError =>
  new SteelyardError(
    'training/not-finite',
    `${what} became infinite or not a number ${where}`,
    `lower the learning rate${kept ? '; the last good checkpoint is kept' : ''}`,
  );

/** A sum of finite float32 values is finite in double precision; one infinity or NaN makes it not so. */
const allFinite = (values: Float32Array): boolean => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return Number.isFinite(sum);
};

/** What belongs to one call of `learn`. */
interface Run {
  readonly settings: LearnSettings;
  readonly context: Context;
  readonly step: Step;
  readonly session: TrainingSession;
  readonly key: string;
  readonly start: ReadonlyMap<string, Float32Array>;
  /** Seconds of work, all runs together. */
  readonly elapsed: () => number;
  /** Seconds that a validation takes; 0: not known yet. */
  readonly judging: number;
}

const noSums = (reported: number): EpochSums => ({
  lessons: 0,
  examples: 0,
  tokens: 0,
  loss: 0,
  reported: Array.from({ length: reported }, () => 0),
  seconds: 0,
});

const scalarOf = (value: Value): number => Number(value.data[0]);

/** One run of the step graph. A process that is gone or out of memory becomes an error that says where. */
const runLesson = async (
  run: Run,
  feeds: Feeds,
  descent: Descent,
  where: string,
): Promise<{ loss: number; reported: number[] }> => {
  const { step, session, context, settings } = run;
  const kept = settings.checkpointFolder !== null;
  const { outputs, norm } = await session
    .descend(feeds, descent, [step.loss, ...step.reported])
    .catch((error: unknown) => {
      if (!isSteelyardError(error)) throw error;
      if (context.signal.aborted) throw new SteelyardError('engine/cancelled', `training stopped ${where}`);
      if (!['runtime/memory', 'runtime/crashed', 'runtime/timeout'].includes(error.code)) throw error;
      const hint = `use smaller batches${kept ? '; the last checkpoint is kept, and the same command goes on from it' : ''}`;
      throw new SteelyardError(error.code, `training stopped ${where}: ${error.message}`, hint, { cause: error });
    });
  const loss = scalarOf(outputs[step.loss]!);
  if (!Number.isFinite(loss)) throw notFinite('the loss', where, kept);
  if (!Number.isFinite(norm)) throw notFinite('the gradient', where, kept);
  return { loss, reported: step.reported.map((name) => scalarOf(outputs[name]!)) };
};

/** Weights as tensors, from values of one role; those that do not take part keep their start. */
const asTensors = (run: Run, state: ReadonlyMap<string, Float32Array>, role: TrainedRole): Map<string, Tensor> =>
  new Map(
    [...run.settings.trainable].map(([name, { dims }]) => [
      name,
      tensor('float32', dims, state.get(trainedName(name, role)) ?? run.start.get(name)!),
    ]),
  );

const throwIfStopped = (context: Context, where: string): void => {
  if (context.signal.aborted) throw new SteelyardError('engine/cancelled', `training stopped ${where}`);
};

/** The rest of the epoch that a checkpoint stands in, or as much of it as the time allows. The state of the answer is what `at` had:
 *  what is new is still in the session's process. */
const runEpoch = async (run: Run, from: Checkpoint, save: (at: Checkpoint) => Promise<Checkpoint>) => {
  const { settings, context } = run;
  const { accumulate, seconds: limit } = settings;
  const began = context.now();
  const before = from.sums.seconds;
  let at = from;
  let skip = from.sums.lessons;
  let saved = context.now();
  let rate = 0;
  const lessons = settings.lessons(from.epoch, context.random(`epoch ${from.epoch}`));
  const speed = { lessons: 0, tokens: 0, examples: 0 };
  for await (const group of groupsOf(lessons, accumulate)) {
    if (skip > 0) {
      // These were done before the run was interrupted: they are drawn again so that the rest is the same.
      skip -= group.length;
      continue;
    }
    const stepNumber = at.steps + 1;
    const where = `in epoch ${at.epoch + 1}, step ${stepNumber}`;
    throwIfStopped(context, where);
    const schedule = {
      shape: settings.schedule,
      warmUpSteps: Math.round(at.plannedSteps * settings.warmUp),
      totalSteps: at.plannedSteps,
    };
    rate = rateAt(settings.learningRate, stepNumber, schedule);
    const examples = group.reduce((sum, lesson) => sum + lesson.examples, 0);
    const sums = { ...at.sums, reported: [...at.sums.reported] };
    let loss = 0;
    for (const [index, lesson] of group.entries()) {
      const { averaging, clip } = settings;
      const descent = descentOf(
        { ...usualAdam, weightDecay: settings.weightDecay },
        { step: stepNumber, rate, averaging, clip, share: lesson.examples / examples },
        index === group.length - 1,
      );
      const result = await runLesson(run, lesson.feeds, descent, where);
      loss = result.loss;
      sums.loss += loss * lesson.examples;
      for (const [i, value] of result.reported.entries()) sums.reported[i]! += value * lesson.examples;
      sums.examples += lesson.examples;
      sums.tokens += lesson.tokens;
      sums.lessons++;
      speed.lessons++;
      speed.tokens += lesson.tokens;
      speed.examples += lesson.examples;
    }
    const now = (context.now() - began) / 1000;
    at = { ...at, steps: stepNumber, sums: { ...sums, seconds: before + now }, seconds: run.elapsed() };
    const lessonsLeft = Math.max(0, (at.plannedSteps - at.steps) * accumulate);
    const texts = speed.tokens > speed.examples;
    context.progress({
      label: `training, epoch ${at.epoch + 1} of ${settings.epochs}`,
      done: Math.min(at.sums.lessons, settings.stepsPerEpoch),
      total: settings.stepsPerEpoch,
      detail: progressText({
        loss,
        learningRate: rate,
        perSecond: (texts ? speed.tokens : speed.examples) / Math.max(now, 1e-9),
        what: texts ? 'tokens' : 'examples',
        secondsLeft: (now / speed.lessons) * lessonsLeft,
      }),
    });
    if (limit !== null) {
      if (at.steps === 1 && at.seconds > limit)
        throw new SteelyardError(
          'training/budget',
          `the first step alone took ${durationText(at.seconds)}, and ${durationText(limit)} are allowed`,
          'allow more time, or use smaller batches',
        );
      const { steps, plannedSteps, seconds } = at;
      const timed = Math.ceil(at.sums.lessons / accumulate);
      const epochSteps = Math.ceil(settings.stepsPerEpoch / accumulate);
      const times = { training: at.sums.seconds, seconds, judging: run.judging, limit };
      const planned = at.paced ? null : affordableSteps({ steps, plannedSteps, epochSteps, timed, ...times });
      if (planned !== null) {
        if (planned < plannedSteps)
          context.log('info', `the time allows about ${planned} of ${plannedSteps} training steps`);
        at = { ...at, paced: true, plannedSteps: planned };
      }
      if (at.steps < totalSteps(settings) && (seconds >= limit || at.steps >= at.plannedSteps)) {
        at = { ...at, cut: true };
        break;
      }
    }
    if (context.now() - saved >= (settings.checkpointSeconds ?? 60) * 1000) {
      at = await save(at);
      saved = context.now();
    }
  }
  if (at.sums.examples === 0)
    throw new SteelyardError('training/data', `epoch ${at.epoch + 1} has no lesson`, 'give more training examples');
  return { at, rate };
};

const judged = async (run: Run, weights: ReadonlyMap<string, Tensor>, when: string): Promise<number> => {
  const score = await run.settings.judge(weights);
  if (Number.isNaN(score)) throw notFinite('the validation score', when, run.settings.checkpointFolder !== null);
  return score;
};

const startOf = async (settings: LearnSettings, context: Context): Promise<Map<string, Float32Array>> => {
  const start = new Map<string, Float32Array>();
  for (const [name, one] of settings.trainable) {
    if (one.dtype !== 'float32')
      throw new SteelyardError(
        'training/weights',
        `the weight "${name}" is ${one.dtype}; training changes float32 weights`,
      );
    const values = toFloat32('float32', await context.bytes(one));
    if (!allFinite(values))
      throw new SteelyardError(
        'training/weights',
        `the weight "${name}" holds infinite values or values that are no numbers`,
      );
    start.set(name, values);
  }
  return start;
};

/** Minimize an objective over some of its weights: AdamW with warm-up and a schedule, clipping, accumulation and averaged weights.
 *  Weights, gradients and optimizer state stay in the session's process, where ONNX Runtime reads the weights in place. The same seed, settings, lessons and thread count
 *  give the same weights; a run that was killed goes on from its last checkpoint to the same result, bit for bit.
 *  The best epoch by validation is answered. With a limit of time the result depends on the machine's speed once the limit is felt.
 *  Errors: `training/settings`, `training/weights`, `training/data` (an epoch without lessons), `training/budget` (no time for one step),
 *  `training/not-finite` (epoch and step are named, the last checkpoint is kept), `training/checkpoint` (damaged, or not writable),
 *  `runtime/memory` and `runtime/crashed` with the place (the checkpoint is kept), `engine/cancelled`, and those of `trainingStep`. */
export const learn = async (settings: LearnSettings, context: Context): Promise<LearnResult> => {
  validate(settings);
  const began = context.now();
  const start = await startOf(settings, context);
  const key = keyOf(settings, start, context.seed);
  const folder = settings.checkpointFolder;
  const step = trainingStep(settings.objective, settings.trainable, {
    ...(settings.constant === undefined ? {} : { constant: settings.constant }),
    ...(settings.rateFactors === undefined ? {} : { rateFactors: settings.rateFactors }),
  });
  const found = folder === null ? null : await loadCheckpoint(folder, key);
  let at: Checkpoint = found ?? {
    epoch: 0,
    sums: noSums(step.reported.length),
    steps: 0,
    plannedSteps: totalSteps(settings),
    paced: false,
    seconds: 0,
    cut: false,
    bestEpoch: 0,
    bestScore: null,
    history: [],
    state: new Map(),
    best: new Map(),
  };
  const worked = at.seconds;
  const over = (): LearnResult['stopped'] | null =>
    at.cut
      ? 'seconds'
      : at.epoch >= settings.epochs
        ? 'epochs'
        : at.epoch - at.bestEpoch > settings.patience
          ? 'patience'
          : null;

  const averages = settings.averaging !== null;
  const role: TrainedRole = averages ? 'mean' : 'weight';
  const kept = trainedRoles.filter((one) => averages || one !== 'mean');
  const needed = new Set(folder === null ? [role] : kept);
  const session =
    over() === null
      ? await context.openTraining(
          step.model,
          { weights: step.weights, averages },
          { intraOpThreads: settings.threads },
        )
      : null;
  const elapsed = (): number => worked + (context.now() - began) / 1000;
  let judging = 0;
  const run = { settings, context, step, key, start, elapsed };
  try {
    if (session !== null && found === null && settings.judgeStart === true) {
      const before = elapsed();
      const bestScore = await judged({ ...run, session, judging }, settings.trainable, 'before the first step');
      judging = elapsed() - before;
      at = { ...at, bestScore };
    }
    if (session !== null) await placeHeld(session, step.weights, start, at.state);
    while (session !== null && over() === null) {
      const one: Run = { ...run, session, judging };
      const save = async (now: Checkpoint): Promise<Checkpoint> => {
        if (folder === null) return now;
        const state = await readHeld(session, step.weights, needed);
        for (const [name, values] of state)
          if (!allFinite(values)) throw notFinite(name, `in epoch ${now.epoch + 1}, step ${now.steps}`, true);
        const whole = { ...now, state };
        await saveCheckpoint(folder, key, whole);
        // The next one is read from the session again: no second copy stays here.
        return { ...now, state: new Map() };
      };
      const { at: done, rate } = await runEpoch(one, at, save);
      at = await endEpoch(one, done, rate, { role, needed, folder });
      settings.onEpoch?.(at.history.at(-1)!);
    }
  } catch (error) {
    if (context.signal.aborted && isSteelyardError(error) && error.code === 'runtime/closed')
      throw new SteelyardError('engine/cancelled', `training stopped in epoch ${at.epoch + 1}`, undefined, {
        cause: error,
      });
    throw error;
  } finally {
    await session?.close();
  }
  const weights = new Map(
    [...settings.trainable].map(([name, one]) => {
      const values = at.best.get(name);
      return [name, values === undefined ? one : tensor('float32', one.dims, values)] as const;
    }),
  );
  return { weights, bestEpoch: at.bestEpoch, score: at.bestScore!, history: at.history, stopped: over()! };
};

/** Judge an epoch's weights, keep the best, write the checkpoint. */
const endEpoch = async (
  run: Run,
  done: Checkpoint,
  learningRate: number,
  {
    role,
    needed,
    folder,
  }: { readonly role: TrainedRole; readonly needed: ReadonlySet<TrainedRole>; readonly folder: string | null },
): Promise<Checkpoint> => {
  const { step, key } = run;
  const { sums } = done;
  const epoch = done.epoch + 1;
  const where = `in epoch ${epoch}, step ${done.steps}`;
  const state = await readHeld(run.session, step.weights, needed);
  for (const [name, values] of state) if (!allFinite(values)) throw notFinite(name, where, folder !== null);
  const weights = asTensors(run, state, role);
  const score = await judged(run, weights, where);
  const result: EpochResult = {
    epoch,
    loss: sums.loss / sums.examples,
    reported: Object.fromEntries(step.reported.map((name, i) => [name, sums.reported[i]! / sums.examples])),
    score,
    learningRate,
    seconds: sums.seconds,
    examplesPerSecond: sums.examples / Math.max(sums.seconds, 1e-9),
    tokensPerSecond: sums.tokens / Math.max(sums.seconds, 1e-9),
  };
  const better = done.bestScore === null || score > done.bestScore;
  const at: Checkpoint = {
    ...done,
    epoch,
    sums: noSums(step.reported.length),
    seconds: run.elapsed(),
    bestEpoch: better ? epoch : done.bestEpoch,
    bestScore: better ? score : done.bestScore,
    history: [...done.history, result],
    state: new Map(),
    best: better
      ? new Map(step.weights.map(({ weight }) => [weight, state.get(trainedName(weight, role))!]))
      : done.best,
  };
  if (folder !== null) await saveCheckpoint(folder, key, { ...at, state });
  return at;
};
