import { createHash } from 'node:crypto';
import { SteelyardError, defineTechnique } from '../../contracts/index.ts';
import type { Context, Learning, Model, Tensor } from '../../contracts/index.ts';
import { anatomyOf } from '../anatomy/index.ts';
import type { Anatomy } from '../anatomy/index.ts';
import { encoderModel, type Architecture, type Signature } from '../training/encoder.ts';
import { learn, type EpochResult } from '../training/learn.ts';
import { usualRates } from './augment.ts';
import { configWith, tokenizerConfigWith } from '../anatomy/config.ts';
import { judging, shareRight, targetsOf, withWeights } from './judge.ts';
import { courseOf, lessonCount, type Course } from './lessons.ts';
import { objectiveOf, relationsFault } from './objective.ts';
import { flipped } from './principal.ts';
import { partsOf } from './parts.ts';
import { dataFault, firstPosition, longest, planOf, refuse, unchanged, warnOfMissing } from './plan.ts';
import { shapeOf } from './shape.ts';
import { openTeacher, scoresOf } from './teacher.ts';
import { studentWeights, withoutTypes } from './weights.ts';
import { collectWords, type Words } from './words.ts';

const describe = ({ layers, width, heads, ffn, embedding, vocabulary }: Architecture): string =>
  `${layers} layer${layers === 1 ? '' : 's'} of width ${width} (${heads} head${heads === 1 ? '' : 's'}, inner width ${ffn}, ${vocabulary} words${embedding === undefined ? '' : ` of width ${embedding}`})`;

const share = (value: number): string => value.toFixed(4);

const told = (results: readonly EpochResult[]): string => {
  const last = results.at(-1);
  return last === undefined ? '' : `, loss ${last.loss.toPrecision(3)}`;
};

/** A smaller encoder with the inputs, the vocabulary and the classes of a text classifier, trained on its answers.
 *  Shapes: those of the model. Errors: `training/…` (a loss that is not finite, no time for a step),
 *  `distill/teacher` (the model answers no finite scores), `engine/cancelled`. Deterministic for a seed and a number of threads,
 *  as long as the minutes are enough. */
export const student = defineTechnique({
  id: 'distill/student',
  version: 4,
  title: 'Distilled student',
  source:
    'Hinton et al. 2015, §2; Tang et al. 2019; Jiao et al. 2020 (TinyBERT); Wang et al. 2020 (MiniLM); Turc et al. 2019; Sanh et al. 2019 (DistilBERT)',
  summary:
    'Trains a smaller encoder to answer as this text classifier does, on the examples to learn from and on changed texts that the model itself answers for. ' +
    'It starts from the model’s own tables, layers, heads and neurons, keeps its inputs, vocabulary and classes, and pays more than any change of number formats: half the layers of half the width are eight times less work. ' +
    'Costs minutes of training, and the student errs in other places than the model does.',
  fileSuffix: null,
  needs: { calibration: 'none', training: true },
  options: {
    layers: {
      kind: 'integer',
      default: 0,
      min: 0,
      max: 1000,
      description: 'Layers of the student; 0 is half of the model’s.',
      search: [0, 1],
    },
    width: {
      kind: 'integer',
      default: 0,
      min: 0,
      max: 100_000,
      description: 'Width of its hidden states; 0 is half of the model’s.',
    },
    heads: {
      kind: 'integer',
      default: 0,
      min: 0,
      max: 1000,
      description: 'Attention heads of each layer; 0 makes them as wide as the model’s.',
    },
    ffn: {
      kind: 'integer',
      default: 0,
      min: 0,
      max: 1_000_000,
      description: 'Inner width of the feed-forward parts; 0 is four times the width.',
    },
    embedding: {
      kind: 'integer',
      default: 0,
      min: 0,
      max: 100_000,
      description: 'Width of the word table, which a projection then widens; 0 is the width itself.',
    },
    positions: {
      kind: 'integer',
      default: 0,
      min: 0,
      max: 1_000_000,
      description: 'Rows of the table of positions: the longest text in tokens; 0 is as many as the model has.',
    },
    logits: {
      kind: 'number',
      default: 1,
      min: 0,
      max: 1000,
      description: 'How much the model’s scores count (KL divergence of softened scores).',
    },
    labels: {
      kind: 'number',
      default: 0.5,
      min: 0,
      max: 1000,
      description: 'How much known labels count (cross-entropy); rows without one are left out of it.',
    },
    hidden: {
      kind: 'number',
      default: 0,
      min: 0,
      max: 1000,
      description: 'How much the model’s hidden states count (mean squared difference through a learned projection).',
    },
    relations: {
      kind: 'number',
      default: 0,
      min: 0,
      max: 1000,
      description: 'How much attention and value relations of the last layer count (KL divergence).',
    },
    temperature: {
      kind: 'number',
      default: 2,
      min: 0.1,
      max: 100,
      description: 'How much scores are softened before they are compared.',
    },
    augment: {
      kind: 'integer',
      default: 0,
      min: 0,
      max: 50,
      description: 'Changed texts (words masked or replaced, pieces) for each example in every epoch.',
    },
    epochs: { kind: 'integer', default: 6, min: 1, max: 1000, description: 'Passes over the examples.' },
    batchSize: { kind: 'integer', default: 32, min: 1, max: 4096, description: 'Examples in a training step.' },
    learningRate: { kind: 'number', default: 1e-3, min: 1e-7, max: 0.1, description: 'Highest learning rate.' },
    patience: {
      kind: 'integer',
      default: 5,
      min: 0,
      max: 1000,
      description: 'Stop when the validation examples have not been answered better for more than so many epochs.',
    },
    minutes: {
      kind: 'number',
      default: 15,
      min: 0.05,
      max: 10_000,
      unit: 'minutes',
      description: 'Most minutes of training; what does not fit is left out, and the learning rate falls in time.',
    },
    threads: {
      kind: 'integer',
      default: 2,
      min: 1,
      max: 64,
      description: 'Threads to train with; while the model is asked for answers, one of them is its.',
    },
  },
  place: { stage: 'network', saves: ['time', 'bytes'], remakes: true },
  tolerance: () => null,
  check: (model, options) => {
    const plan = planOf(model);
    if ('reason' in plan) return plan;
    if (options.logits + options.labels + options.hidden + options.relations === 0)
      return refuse('all losses have weight 0: there would be nothing to learn');
    const shape = shapeOf(plan.anatomy, options, plan.anatomy.word?.rows ?? 1, 2);
    if ('reason' in shape) return shape;
    if (options.relations === 0) return null;
    const fault = relationsFault(plan.anatomy, shape.heads);
    return fault === null ? null : refuse(fault);
  },
  async apply(model, options, context) {
    if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped before the student began');
    const { learning } = context;
    if (learning === null) return unchanged(model, 'there are no examples to learn from');
    const plan = planOf(model);
    if ('reason' in plan) return unchanged(model, plan.reason);
    const fault = dataFault(learning, plan);
    if (fault !== null) return unchanged(model, fault);
    const { anatomy, signature } = plan;
    const { train, validation, labels, text } = learning;
    const classes = labels.length;
    const shape = shapeOf(anatomy, options, anatomy.word!.rows, classes);
    if ('reason' in shape) return unchanged(model, shape.reason);
    if (train.count < options.batchSize)
      return unchanged(
        model,
        `${train.count} training examples are fewer than a batch of ${options.batchSize}: give more, or a smaller batchSize`,
      );
    if (validation.count === 0) return unchanged(model, 'there are no validation examples to stop by');
    const first = await firstPosition(model, plan, learning, context);
    const usable = shape.positions - (signature.positions === null ? first : 0);
    if (longest(learning) > usable)
      return unchanged(
        model,
        `texts of up to ${longest(learning)} tokens do not fit into ${usable} positions: raise positions, or shorten texts`,
      );
    warnOfMissing(learning, context);
    const augment = text === null ? 0 : options.augment;
    if (augment < options.augment)
      context.log('info', 'texts are not changed for more examples: the inputs are no single texts');

    const padToken = signature.mask === null ? (text?.padToken ?? null) : null;
    const called: Signature = { ...signature, firstPosition: first, padToken };
    const begun = await studentWeights(model, anatomy, shape, context.random('student'), context);
    const start = signature.types === null ? withoutTypes(begun.weights) : begun.weights;
    const small = { ...encoderModel(shape, start, called), metadata: model.metadata };
    const inner = options.hidden !== 0 || options.relations !== 0;
    const own = inner ? anatomyOf(small) : null;
    if (own !== null && 'reason' in own) throw new Error(`a student has no anatomy: ${own.reason}`);
    const objective = objectiveOf(
      small,
      called,
      classes,
      options,
      options.temperature,
      own === null
        ? null
        : {
            student: own,
            teacher: anatomy,
            project: begun.directions === null ? null : flipped(begun.directions).values,
          },
    );

    // The teacher works beside the student where it is asked in every lesson.
    const beside = augment > 0 || inner;
    const teacher = await openTeacher(
      model,
      signature.output.name,
      classes,
      [...objective.inner.keys()],
      context,
      beside ? 1 : options.threads,
    );
    try {
      const ask = async (feeds: Parameters<typeof teacher.ask>[0]) =>
        (await teacher.ask(feeds))[signature.output.name]!;
      const validated = await scoresOf(validation, classes, ask, context);
      const targets = targetsOf(validation, validated, classes);
      const teacherScore = shareRight(validated, targets, classes);
      const threads = beside ? Math.max(1, options.threads - 1) : options.threads;
      const course: Course = {
        learning,
        batchSize: options.batchSize,
        augment,
        words: augment > 0 ? await wordsFor(model, anatomy, learning, context) : null,
        rates: usualRates,
        teacher,
        output: signature.output.name,
        classes,
        inner: objective.inner,
        scores: inner ? null : await scoresOf(train, classes, ask, context),
      };
      const result = await learn(
        {
          objective: objective.model,
          trainable: new Map([...start, ...objective.helpers]),
          epochs: options.epochs,
          stepsPerEpoch: lessonCount(train.count, options.batchSize, augment),
          lessons: courseOf(course),
          judge: judging(small, validation, targets, classes, threads, context),
          learningRate: options.learningRate,
          warmUp: 0.06,
          schedule: 'linear',
          weightDecay: 0.01,
          clip: 1,
          accumulate: 1,
          averaging: 0.998,
          patience: options.patience,
          threads,
          seconds: options.minutes * 60,
          checkpointFolder: context.checkpoints('distill-student'),
          key: createHash('sha256')
            .update(JSON.stringify({ version: 1, options, digest: learning.digest, shape, first }))
            .update(new Uint8Array(validated.buffer))
            .digest('hex'),
          onEpoch: ({ epoch, loss, score, reported }) =>
            context.log(
              'info',
              `epoch ${epoch}: loss ${loss.toPrecision(3)}${Object.entries(reported)
                .map(([name, value]) => `, ${name} ${value.toPrecision(3)}`)
                .join('')}; right ${share(score)} (the model: ${share(teacherScore)})`,
            ),
        },
        context,
      );
      const weights = new Map<string, Tensor>();
      for (const name of start.keys()) weights.set(name, await context.keep(result.weights.get(name)!));
      const what =
        `a student of ${describe(shape)} instead of the model’s ${anatomy.blocks.length} layers of width ${anatomy.width}; ` +
        `right on ${share(result.score)} of the validation examples (the model: ${share(teacherScore)}) after ${result.bestEpoch} of ${result.history.length} epochs${told(result.history)}` +
        `${begun.inherited.length === 0 ? '' : `; began from the model’s ${begun.inherited.join(', ')}`}`;
      const fewer = (anatomy.position?.rows ?? shape.positions) - shape.positions;
      return {
        model: withWeights(small, weights),
        changes: [{ what, nodes: [] }],
        skipped: [],
        companions: await companionsOf(context, shape, fewer, usable),
      };
    } finally {
      await teacher.close();
    }
  },
});

/** The files beside the model that state its shape. */
const companionsOf = async (
  context: Context,
  shape: Architecture,
  fewerPositions: number,
  mostTokens: number,
): Promise<ReadonlyMap<string, Uint8Array>> => {
  const companions = new Map<string, Uint8Array>();
  const config = await context.companion('config.json');
  const reshaped = config === null ? null : configWith(config, shape, fewerPositions);
  if (reshaped !== null) companions.set('config.json', reshaped);
  const tokenizer = fewerPositions > 0 ? await context.companion('tokenizer_config.json') : null;
  const shorter = tokenizer === null ? null : tokenizerConfigWith(tokenizer, mostTokens);
  if (shorter !== null) companions.set('tokenizer_config.json', shorter);
  return companions;
};

const wordsFor = async (model: Model, anatomy: Anatomy, learning: Learning, context: Context): Promise<Words> => {
  const { train, text } = learning;
  const table = anatomy.word === null ? null : await partsOf(model, anatomy, context).table(anatomy.word.name);
  const rows = Array.from({ length: train.count }, (_, row) => train.tokens(row) ?? []);
  return collectWords(rows, text!, table);
};
