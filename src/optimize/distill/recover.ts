import { createHash } from 'node:crypto';
import { SteelyardError, defineTechnique, isSteelyardError } from '../../contracts/index.ts';
import type { Context, Model, Random, Refusal, Session, Tensor } from '../../contracts/index.ts';
import { inferFacts } from '../../model/graph/index.ts';
import { tensor, toFloat32 } from '../../model/tensor/index.ts';
import { anatomyOf } from '../anatomy/index.ts';
import { learn, type LearnSettings } from '../training/learn.ts';
import type { Lesson } from '../training/lessons.ts';
import { withWeights } from './judge.ts';
import { ahead } from './lessons.ts';
import { fromCalibration, fromLearning, type Pair } from './material.ts';
import { refuse, unchanged } from './plan.ts';
import { commonStates, recoveryOf, type Common, type Recovery } from './recovery.ts';
import { withOutputs } from './teacher.ts';
import { trainableOf, withoutConstantNodes, type Trainable } from './trainable.ts';

const rowsOfWordTable = (model: Model): number | null => {
  const anatomy = anatomyOf(model);
  return 'reason' in anatomy ? null : (anatomy.word?.rows ?? null);
};

/** The output to agree on: the scores that the data names, else the first one that is float32 in both. */
const outputOf = (model: Model, original: Model, wanted: string | null): Common | Refusal => {
  const [before, after] = [inferFacts(original), inferFacts(model)];
  const name = wanted ?? original.graph.outputs.find((one) => before.get(one.name)?.dtype === 'float32')?.name;
  const has = ({ graph }: Model): boolean => graph.outputs.some((one) => one.name === name);
  if (name === undefined || !has(model) || !has(original))
    return refuse('the model and the original have no float32 output in common');
  const [was, now] = [before.get(name), after.get(name)];
  if ((was?.dtype ?? 'float32') !== 'float32' || (now?.dtype ?? 'float32') !== 'float32')
    return refuse(`the output "${name}" is not float32`);
  const dims = was?.dims ?? now?.dims ?? null;
  const [mine, theirs] = [now?.dims?.at(-1), was?.dims?.at(-1)];
  if (typeof mine === 'number' && typeof theirs === 'number' && mine !== theirs)
    return refuse(`the original answers ${theirs} values where the model answers ${mine}`);
  return { name, dims: dims?.map((dim) => (typeof dim === 'number' ? dim : null)) ?? null };
};

const lessonFrom = async (pair: Pair, original: Session, recovery: Recovery): Promise<Lesson> => {
  const { outputs } = await original.run(pair.original, { fetch: [...recovery.inner.keys()] });
  const answers = Object.fromEntries([...recovery.inner].map(([name, input]) => [input, outputs[name]!]));
  return { feeds: { ...pair.own, ...answers }, examples: pair.examples, tokens: pair.tokens };
};

/** Faults of the graph that are answers, not errors: an operator without gradient, an old operator set. */
const explains = new Set([
  'training/unsupported',
  'training/rank',
  'training/opset',
  'training/weights',
  'training/loss',
]);

const learnOrReason = async (settings: LearnSettings, context: Context) => {
  try {
    return await learn(settings, context);
  } catch (error) {
    if (isSteelyardError(error) && explains.has(error.code)) return error.message;
    throw error;
  }
};

/** The weight with zeros where it was pruned. */
const withZeros = ({ name, mask }: Trainable, learned: Tensor, bytes: Uint8Array): readonly [string, Tensor] => [
  name,
  mask === null
    ? learned
    : tensor(
        'float32',
        learned.dims,
        toFloat32('float32', bytes).map((value, i) => value * mask[i]!),
      ),
];

/** Fine-tune what earlier steps of a chain made, until it answers as the original does again.
 *  Shapes: unchanged, graph unchanged, zeros of pruned weights unchanged: only weights move. Errors: `training/…` (a loss that is not finite,
 *  no time for a step), `engine/cancelled`. Deterministic for a seed and a number of threads, as long as the minutes are enough. */
export const recover = defineTechnique({
  id: 'distill/recover',
  version: 4,
  title: 'Recovery by distillation',
  source: 'Hinton et al. 2015, §2; Sanh et al. 2020 (movement pruning), §5; Muralidharan et al. 2024 (Minitron), §3',
  summary:
    'Fine-tunes the weights that pruning, factorizing or trimming left until the model answers as the original does, on examples without labels or on calibration inputs. ' +
    'The graph and its speed stay as they are, pruned zeros stay zero, and weights are only kept when held-out inputs are answered more like the original does. ' +
    'Costs a few minutes; needs float32 weights, so it comes before quantization.',
  fileSuffix: null,
  needs: { calibration: 'optional', training: false },
  options: {
    epochs: { kind: 'integer', default: 3, min: 1, max: 1000, description: 'Passes over the examples.' },
    steps: {
      kind: 'integer',
      default: 0,
      min: 0,
      max: 100_000_000,
      description: 'Most training steps in all; 0 is no limit but the epochs.',
    },
    batchSize: {
      kind: 'integer',
      default: 32,
      min: 1,
      max: 4096,
      description: 'Examples in a training step; calibration data comes in batches of its own.',
    },
    learningRate: {
      kind: 'number',
      default: 2e-4,
      min: 1e-7,
      max: 0.1,
      description: 'Highest learning rate.',
    },
    answers: {
      kind: 'number',
      default: 1,
      min: 0.001,
      max: 1000,
      description: 'How much the original’s answers count.',
    },
    hidden: {
      kind: 'number',
      default: 1,
      min: 0,
      max: 1000,
      description: 'How much its hidden states count, where the model still has them under the same names.',
    },
    temperature: {
      kind: 'number',
      default: 2,
      min: 0.1,
      max: 100,
      description: 'How much scores are softened before they are compared.',
    },
    minutes: {
      kind: 'number',
      default: 5,
      min: 0.05,
      max: 10_000,
      unit: 'minutes',
      description: 'Most minutes of training; what does not fit is left out.',
    },
    threads: {
      kind: 'integer',
      default: 2,
      min: 1,
      max: 64,
      description: 'Threads to train with; one of them is the original’s.',
    },
  },
  place: { stage: 'recovery', saves: [], with: ['prune/*', 'factorize/*'] },
  tolerance: () => null,
  check: ({ graph }) =>
    [...graph.initializers.values()].some(({ dtype, dims }) => dtype === 'float32' && dims.length > 1) ||
    graph.nodes.some(({ op }) => op === 'Constant')
      ? null
      : refuse('the model has no float32 weight'),
  async apply(model, options, context) {
    if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped before the recovery began');
    const { original, learning } = context;
    if (original === null || original === model)
      return unchanged(model, 'no earlier step changed the model: there is nothing to recover');
    const material = fromLearning(context, options.batchSize) ?? (await fromCalibration(context));
    if (material === null) return unchanged(model, 'there are neither examples nor calibration data to learn from');
    if (material.count === 0 || material.judged.length === 0)
      return unchanged(model, 'there are no examples to learn from, or none to judge by');
    if (learning === null && rowsOfWordTable(model) !== rowsOfWordTable(original))
      return unchanged(
        model,
        'an earlier step rewrote the tokenizer, and calibration data is not known as the original reads it: give examples to learn from',
      );
    const prepared = withoutConstantNodes(model);
    const output = outputOf(prepared, original, learning?.output ?? null);
    if ('reason' in output) return unchanged(model, output.reason);
    const states = options.hidden === 0 || !material.alike ? [] : commonStates(prepared, original);
    const weights = await trainableOf(prepared, context);
    if (weights.length === 0) return unchanged(model, 'no float32 weight of it can be trained');
    const recovery = recoveryOf(prepared, output, states, weights, {
      kind: learning === null ? 'values' : 'scores',
      temperature: options.temperature,
      answers: options.answers,
      hidden: options.hidden,
    });
    const teacher = await context.open(withOutputs(original, [...recovery.inner.keys()]), { intraOpThreads: 1 });
    try {
      const taught = createHash('sha256');
      for (const values of Object.values((await lessonFrom(material.judged[0]!(), teacher, recovery)).feeds))
        if (ArrayBuffer.isView(values.data))
          taught.update(new Uint8Array(values.data.buffer, values.data.byteOffset, values.data.byteLength));
      const answered = taught.digest('hex');
      const threads = Math.max(1, options.threads - 1);
      const loss = recovery.model.graph.outputs[0]!.name;
      let before: number | null = null;
      const judge = async (now: ReadonlyMap<string, Tensor>): Promise<number> => {
        const session = await context.open(withWeights(recovery.model, now), { intraOpThreads: threads });
        try {
          let [sum, examples] = [0, 0];
          for (const pair of material.judged) {
            if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while judging');
            const lesson = await lessonFrom(pair(), teacher, recovery);
            const { outputs } = await session.run(lesson.feeds, { fetch: [loss] });
            sum += Number(outputs[loss]!.data[0]) * lesson.examples;
            examples += lesson.examples;
          }
          before ??= sum / examples;
          return -sum / examples;
        } finally {
          await session.close();
        }
      };
      const epochs =
        options.steps === 0 ? options.epochs : Math.min(options.epochs, Math.ceil(options.steps / material.count));
      const perEpoch =
        options.steps === 0
          ? material.count
          : Math.max(1, Math.min(material.count, Math.floor(options.steps / epochs)));
      async function* lessons(_epoch: number, random: Random): AsyncGenerator<Lesson> {
        for (const pair of material!.batches(random).slice(0, perEpoch))
          yield await lessonFrom(pair(), teacher, recovery);
      }
      const result = await learnOrReason(
        {
          objective: recovery.model,
          trainable: new Map(weights.map(({ name, tensor: weight }) => [name, weight])),
          epochs,
          stepsPerEpoch: perEpoch,
          lessons: (epoch, random) => ahead(lessons(epoch, random)),
          judge,
          judgeStart: true,
          learningRate: options.learningRate,
          warmUp: 0.1,
          schedule: 'linear',
          weightDecay: 0,
          clip: 1,
          accumulate: 1,
          averaging: null,
          patience: Math.max(2, Math.ceil(epochs / 3)),
          threads,
          seconds: options.minutes * 60,
          checkpointFolder: context.checkpoints('distill-recover'),
          key: createHash('sha256')
            .update(JSON.stringify({ version: 1, options, digest: material.digest, answered }))
            .digest('hex'),
          onEpoch: ({ epoch, loss: taught, score }) =>
            context.log(
              'info',
              `epoch ${epoch}: loss ${taught.toPrecision(3)}, held-out loss ${(-score).toPrecision(3)}`,
            ),
        },
        context,
      );
      if (typeof result === 'string') return unchanged(model, result);
      if (result.bestEpoch === 0)
        return unchanged(model, 'no epoch came closer to the original on held-out inputs than the model already is');
      const learned = new Map<string, Tensor>();
      for (const one of weights) {
        const now = result.weights.get(one.name)!;
        const [name, kept] = withZeros(one, now, await context.bytes(now));
        learned.set(name, await context.keep(kept));
      }
      const from = before === null ? '' : ` from ${(before as number).toPrecision(3)}`;
      return {
        model: withWeights(prepared, learned),
        changes: [
          {
            what: `${weights.length} weights fine-tuned on ${material.source}: the loss against the original falls${from} to ${(-result.score).toPrecision(3)} on held-out inputs (epoch ${result.bestEpoch} of ${result.history.length})`,
            nodes: [],
          },
        ],
        skipped: [],
      };
    } finally {
      await teacher.close();
    }
  },
});
