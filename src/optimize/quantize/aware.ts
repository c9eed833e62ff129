import { createHash } from 'node:crypto';
import { SteelyardError, defineTechnique } from '../../contracts/index.ts';
import type {
  Context,
  Learning,
  LearningRows,
  Model,
  Options,
  Session,
  TechniqueResult,
  Tensor,
  Value,
} from '../../contracts/index.ts';
import { cannotRaise, edit, inferFacts, onRaised } from '../../model/graph/index.ts';
import { answersOf, bestOf, nothing, unless, type Answers } from '../answers.ts';
import { softmax } from '../exit/calibrate.ts';
import { isProbability } from '../exit/signature.ts';
import { isLinear } from '../linear.ts';
import { batchCount, bucketed } from '../training/batches.ts';
import { emitter, extend } from '../writing/emit.ts';
import { learn, type Lesson } from '../training/learn.ts';
import { softCrossEntropy } from '../training/losses.ts';
import { emitAware, withWeights } from './aware-emit.ts';
import { awareModelOf, type AwareModel, type AwareScheme } from './aware-model.ts';
import { awarePlanOf } from './aware-plan.ts';
import { observeRanges } from './static/observe.ts';

/** Per-channel DequantizeLinear, Clip with inputs, and gradients. */
const leastOpset = 13;

const options = {
  target: {
    kind: 'choice',
    choices: ['blocks', 'dynamic', 'static'],
    default: 'blocks',
    description:
      'What it becomes: blocks (few-bit weights, as quantize/blockwise), dynamic (int8 with inputs rounded at run time) or static (int8 with learned input ranges).',
  },
  bits: {
    kind: 'choice',
    choices: ['2', '4', '7', '8'],
    default: '4',
    description: 'Bits per weight: 2, 4 or 8 in blocks; 7 or 8 for dynamic and static (7 is exact on every CPU).',
  },
  blockSize: {
    kind: 'choice',
    choices: ['16', '32', '64', '128', '256'],
    default: '32',
    description: 'Weights that share one scale, for blocks.',
    search: ['32', '128'],
  },
  perChannel: {
    kind: 'boolean',
    default: true,
    description: 'One scale per output channel instead of one per weight, for dynamic and static.',
  },
  accuracyLevel: {
    kind: 'integer',
    default: 4,
    min: 0,
    max: 4,
    description: 'For blocks: 4 multiplies in int8 (fastest on CPUs), 1 in float32, 0 lets the runtime choose.',
  },
  labels: {
    kind: 'number',
    default: 0,
    min: 0,
    max: 1,
    description:
      'Share of the label in what each row is trained towards; the rest is the soft answer of the float32 model, which says more where it was trained on the same rows.',
  },
  epochs: { kind: 'integer', default: 3, min: 1, max: 10_000, description: 'Passes over the examples.' },
  batchSize: { kind: 'integer', default: 32, min: 1, max: 10_000, description: 'Examples in a training step.' },
  learningRate: {
    kind: 'number',
    default: 4e-4,
    min: 1e-9,
    max: 1,
    description: 'Highest learning rate of the weights; wide pretrained models want a tenth of it.',
  },
  scaleRate: {
    kind: 'number',
    default: 5,
    min: 0,
    max: 10_000,
    description: 'How many times faster scales learn, which are learned as multiples of where they start.',
  },
  minutes: {
    kind: 'number',
    default: 15,
    min: 0.001,
    max: 100_000,
    unit: 'minutes',
    description: 'Most minutes of training; what does not fit is left out, and the learning rate falls in time.',
  },
  threads: { kind: 'integer', default: 2, min: 1, max: 1024, description: 'Threads to train with.' },
  exclude: {
    kind: 'names',
    default: [],
    description: 'Node names or outputs to leave in float32; * matches any characters.',
  },
} as const;

type AwareOptions = Options<typeof options>;

/** The input of the objective with what each row is trained towards: [batch, classes]. */
const targetInput = 'aware_target';

const schemeOf = ({ target, bits, blockSize, perChannel, accuracyLevel }: AwareOptions): AwareScheme | string => {
  if (target === 'blocks')
    return bits === '7'
      ? 'blocks have 2, 4 or 8 bits'
      : { target, bits: Number(bits) as 2, blockSize: Number(blockSize), accuracyLevel };
  return bits === '7' || bits === '8'
    ? { target: target as 'dynamic', bits: Number(bits) as 7, perChannel }
    : `${target} codes have 7 or 8 bits: choose blocks for ${bits}`;
};

/** Answers of a model to rows, as probabilities. */
const probabilitiesOf = async (
  session: Session,
  output: string,
  probabilities: boolean,
  rows: LearningRows,
  context: Context,
  label: string,
): Promise<Answers> => {
  const all = Array.from({ length: rows.count }, (_, i) => i);
  const answers = (await answersOf(session, [output], rows, all, context, label)).get(output)!;
  return probabilities ? answers : softmax(answers);
};

const using = async <T>(
  context: Context,
  model: Model,
  threads: number,
  work: (session: Session) => Promise<T>,
): Promise<T> => {
  const session = await context.open(model, { intraOpThreads: threads });
  try {
    return await work(session);
  } finally {
    await session.close();
  }
};

/** The rounding model with its loss in front of its outputs: mean cross-entropy against the targets. */
const objectiveOf = ({ model }: AwareModel, output: string, probabilities: boolean, classes: number): Model => {
  const { graph } = model;
  const before: Model = {
    ...model,
    graph: {
      ...graph,
      inputs: [
        ...graph.inputs,
        { name: targetInput, type: { kind: 'tensor', dtype: 'float32', dims: ['batch', classes] } },
      ],
    },
  };
  const to = emitter(before);
  // The softmax of the logarithm of probabilities is the probabilities.
  const scores = probabilities ? to.emit('Log', [to.emit('Add', [output, to.scalar('float32', 1e-12)])]) : output;
  const loss = to.emit('Identity', [softCrossEntropy(to, scores, targetInput)], {}, 'loss');
  const whole = extend(before, to);
  return {
    ...whole,
    graph: { ...whole.graph, outputs: [{ name: loss, type: { kind: 'tensor', dtype: 'float32', dims: [] } }] },
  };
};

/** Towards what a row is trained: its label and the soft answer, mixed. */
const targetOf = (rows: LearningRows, picked: readonly number[], { width, values }: Answers, share: number): Value => {
  const data = new Float32Array(picked.length * width);
  for (const [at, row] of picked.entries()) {
    const label = rows.label(row);
    const own = label === null || label >= width ? 0 : share;
    for (let i = 0; i < width; i++) data[at * width + i] = values[row * width + i]! * (1 - own);
    if (own > 0) data[at * width + label!]! += own;
  }
  return { dtype: 'float32', dims: [picked.length, width], data };
};

/** Share of rows answered as labelled (or as the float32 model answers), less a little for the distance from its soft answers, which tells
 *  apart what counts equal. Both are probabilities [rows, classes]. */
const scoreOf = (
  answers: Answers,
  soft: Answers,
  rows: LearningRows,
): { readonly share: number; readonly score: number } => {
  const [best, otherwise] = [bestOf(answers), bestOf(soft)];
  const right = best.reduce((sum, one, row) => sum + (one === (rows.label(row) ?? otherwise[row]) ? 1 : 0), 0);
  let nats = 0;
  for (let i = 0; i < soft.values.length; i++) nats -= soft.values[i]! * Math.log(Math.max(answers.values[i]!, 1e-30));
  const share = right / best.length;
  return { share, score: share - (0.01 * nats) / best.length };
};

/** Inputs of the units over the training rows, as the batches of an epoch. */
const calibrating = (context: Context, { train }: Learning, inputs: ReadonlySet<string>): Context => ({
  ...context,
  calibration: async function* calibration() {
    for (let from = 0; from < Math.min(train.count, 256); from += 16) {
      const rows = Array.from({ length: Math.min(16, train.count - from) }, (_, i) => from + i);
      yield Object.fromEntries(Object.entries(train.feeds(rows)).filter(([name]) => inputs.has(name)));
    }
  },
});

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;

const work = async (
  model: Model,
  chosen: AwareOptions,
  scheme: AwareScheme,
  learning: Learning,
  context: Context,
): Promise<TechniqueResult> => {
  const { train, validation, output } = learning;
  const draft = edit(model);
  const plan = awarePlanOf(draft, chosen.exclude);
  const stop = (): TechniqueResult => ({ model, changes: [], skipped: draft.done().skipped });
  if (plan.units.length === 0) return stop();
  const fed = new Set(model.graph.inputs.map(({ name }) => name).filter((name) => !model.graph.initializers.has(name)));
  const world = calibrating(context, learning, fed);
  const values = [...new Set(plan.units.flatMap(({ inputs }) => inputs))];
  const ranges =
    scheme.target === 'static'
      ? await observeRanges(
          model,
          values.map((name) => ({ name, like: name, positive: false, bound: Number.POSITIVE_INFINITY, inner: false })),
          { activationType: 'uint8', method: 'mse', percentile: 99.99 },
          world,
        )
      : null;
  const aware = await awareModelOf(draft, plan, scheme, ranges, context);
  if (aware.units.length === 0) return stop();

  const { threads } = chosen;
  const probabilities = isProbability(model, output);
  const [soft, checked] = await using(context, model, threads, async (session) => [
    await probabilitiesOf(session, output, probabilities, train, context, 'answering with the float32 model'),
    await probabilitiesOf(session, output, probabilities, validation, context, 'answering with the float32 model'),
  ]);
  const classes = soft!.width;
  if (classes < 2) return nothing(model, `${output} has ${classes} class`);
  const present = aware.model.graph.initializers;
  const weights = aware.units.map(({ unit: { linear } }) => [linear.weightName, linear.weight] as const);
  const trainable = new Map<string, Tensor>(
    [...weights, ...plan.vectors, ...aware.factors].filter(([name]) => present.has(name)),
  );
  const shares: number[] = [];
  const result = await learn(
    {
      objective: objectiveOf(aware, output, probabilities, classes),
      trainable,
      constant: aware.constant,
      rateFactors: new Map([...aware.factors.keys()].map((name) => [name, chosen.scaleRate])),
      epochs: chosen.epochs,
      stepsPerEpoch: batchCount(train.count, chosen.batchSize),
      lessons: function* lessons(_, random): Iterable<Lesson> {
        for (const picked of bucketed(train.count, (row) => train.length(row), chosen.batchSize, random)) {
          const feeds = Object.entries(train.feeds(picked)).filter(([name]) => fed.has(name));
          yield {
            feeds: { ...Object.fromEntries(feeds), [targetInput]: targetOf(train, picked, soft!, chosen.labels) },
            examples: picked.length,
            tokens: picked.reduce((sum, row) => sum + train.length(row), 0),
          };
        }
      },
      judge: (now) =>
        using(context, withWeights(aware.model, now), threads, async (session) => {
          const answers = await probabilitiesOf(session, output, probabilities, validation, context, 'validating');
          const { share, score } = scoreOf(answers, checked!, validation);
          shares.push(share);
          return score;
        }),
      judgeStart: true,
      learningRate: chosen.learningRate,
      warmUp: 0.06,
      schedule: 'linear',
      weightDecay: 0,
      clip: 1,
      accumulate: 1,
      averaging: null,
      patience: chosen.epochs,
      threads,
      seconds: chosen.minutes * 60,
      checkpointFolder: context.checkpoints('quantize-aware'),
      key: createHash('sha256')
        .update(JSON.stringify({ version: 1, chosen, digest: learning.digest }))
        .digest('hex'),
    },
    context,
  );
  const emitted = await emitAware(model, aware, result.weights, scheme, world);
  const before = shares[0] === undefined ? '' : `${percent(shares[0])} before training, `;
  const final = await using(context, withWeights(aware.model, result.weights), threads, async (session) =>
    scoreOf(
      await probabilitiesOf(session, output, probabilities, validation, context, 'validating'),
      checked!,
      validation,
    ),
  );
  const float = scoreOf(checked!, checked!, validation);
  return {
    ...emitted,
    changes: [
      ...emitted.changes,
      {
        what: `weights trained while rounded (best of ${result.history.length} epochs: ${result.bestEpoch}); right on validation rows: ${before}${percent(final.share)} after, ${percent(float.share)} in float32`,
        nodes: [],
      },
    ],
    skipped: [...draft.done().skipped, ...emitted.skipped],
  };
};

/** Train weights while they are rounded as the quantized model will round them, then store exactly those codes.
 *  Shapes: unchanged. Errors: those of `learn`; `optimize/scores`; `engine/cancelled`. Deterministic for a seed and a number of threads, as
 *  long as the time is not used up.
 *  Source: Esser et al. 2020 (LSQ); Bengio et al. 2013 (straight-through); Jacob et al. 2018, §3. */
export const aware = defineTechnique({
  id: 'quantize/aware',
  version: 5,
  title: 'Quantization-aware training',
  source:
    'Esser et al. 2020 (LSQ); Bengio et al. 2013; Jacob et al. 2018, §3; the operators of the form that is chosen',
  summary:
    'Trains the weights of MatMul and Gemm, their scales, biases and normalizations for a few epochs while weights and inputs are rounded as they will be, towards the answers of the float32 model and the labels. ' +
    'What is stored are the very codes that were trained: few-bit blocks, dynamic or static int8. ' +
    'Pays where rounding alone costs accuracy: 2 bits, 4 bits in large blocks, narrow models. Needs examples and minutes; fuse afterwards, since training goes back through plain operators.',
  fileSuffix: 'q4',
  suffixFor: ({ target, bits }) =>
    target === 'blocks' ? (bits === '4' ? 'q4' : bits === '8' ? 'quantized' : null) : 'quantized',
  needs: { calibration: 'none', training: true },
  options,
  place: { stage: 'weights', saves: ['time', 'bytes'] },
  tolerance: () => null,
  check: (model, chosen) => {
    const scheme = schemeOf(chosen);
    if (typeof scheme === 'string') return { reason: scheme, nodes: [] };
    if (!model.graph.nodes.some(isLinear)) return { reason: 'the graph has no MatMul or Gemm', nodes: [] };
    return cannotRaise(model, leastOpset);
  },
  async apply(original, chosen, context) {
    if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped before training');
    const { learning } = context;
    const scheme = schemeOf(chosen);
    if (typeof scheme === 'string') return nothing(original, scheme);
    if (learning === null) return nothing(original, 'there are no examples to learn from (data.train in a scenario)');
    if (learning.train.count === 0 || learning.validation.count === 0)
      return nothing(original, 'there must be training and validation examples');
    return onRaised(original, leastOpset, async (model) => {
      if (!model.graph.outputs.some(({ name }) => name === learning.output))
        return nothing(model, `the model has no output ${learning.output}`);
      if (inferFacts(model).get(learning.output)?.dtype !== 'float32')
        return nothing(model, `its scores ${learning.output} are not known to be float32`);
      // An operator that has no gradient, or a value whose rank nobody states: a reason, not a fault.
      return unless(['training/unsupported', 'training/rank', 'training/weights', 'optimize/scores'], model, () =>
        work(model, chosen, scheme, learning, context),
      );
    });
  },
});
