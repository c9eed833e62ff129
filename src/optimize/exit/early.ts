import { SteelyardError, defineTechnique } from '../../contracts/index.ts';
import type { Context, Graph, Learning, Model, Node, Options, TechniqueResult } from '../../contracts/index.ts';
import { cannotRaise, inferFacts, onRaised } from '../../model/graph/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { anatomyOf, type Anatomy } from '../anatomy/index.ts';
import { nothing, unless } from '../answers.ts';
import { emitter, extend, int } from '../writing/emit.ts';
import { aimOptions, chooseThreshold, lossName, percent } from './choose.ts';
import { fitHeads, withPooled, type Candidate, type Place } from './heads.ts';
import { sureness } from './measure.ts';
import { poolFrom, poolingOf, type Pooling } from './pooling.ts';
import { renameNode } from '../rename.ts';
import { route } from './route.ts';
import { rowInputs, rowsAreIndependent } from './rows.ts';
import { fedInputs, isProbability, keptInputs, notScoresOnly } from './signature.ts';
import { sliceOf, splitWeights } from '../slice.ts';

/** GreaterOrEqual, ScatterND and Softmax along one axis, all with today's meaning. */
const leastOpset = 13;

const options = {
  after: {
    kind: 'integer',
    default: 0,
    min: 0,
    max: 1000,
    description: 'Blocks in front of the exit; 0 takes the place that saves most blocks on the validation rows.',
  },
  ...aimOptions,
  learnFrom: {
    kind: 'choice',
    choices: ['answers', 'labels'],
    default: 'answers',
    description:
      'What the exit head is fitted to: the soft answers of the whole model, or the labels where there are some.',
  },
  regularization: {
    kind: 'number',
    default: 0.001,
    min: 0,
    max: 100,
    description: 'Weight of the squared size of the exit head in its loss.',
  },
} as const;

type EarlyOptions = Options<typeof options>;

/** Nodes behind an exit; null when they also need what lies inside the blocks in front of it. */
const behind = ({ graph }: Model, { blocks }: Anatomy, { after, hidden }: Place, output: string): Node[] | null => {
  const late = sliceOf(graph.nodes, [output], new Set([hidden]));
  const early = new Set(blocks.slice(0, after).flatMap(({ nodes }) => nodes.flatMap((node) => node.outputs)));
  return late.some((node) => node.outputs.some((name) => name !== '' && early.has(name))) ? null : late;
};

/** The model with an exit at a place. */
const withExit = (
  model: Model,
  { place, head }: Candidate,
  pooling: Pooling,
  last: string,
  late: readonly Node[],
  output: string,
  threshold: number,
  measure: EarlyOptions['measure'],
  leading: ReadonlySet<string>,
): { readonly model: Model; readonly branch: Node } => {
  const base: Model = { ...model, graph: { ...model.graph, inputs: keptInputs(model) } };
  const to = emitter(base);
  const pooled = poolFrom(pooling, last, place.hidden, 'exit/', (hint) => to.fresh(hint));
  const { classes } = head;
  const [width] = [head.weight.length / classes];
  const weight = to.add('exit_weight', tensor('float32', [width, classes], head.weight));
  const bias = to.add('exit_bias', tensor('float32', [classes], head.bias));
  const linear = to.emit('Gemm', [pooled.vector, weight, bias], {}, 'exit/scores');
  const probabilities = isProbability(model, output);
  const scores = probabilities ? to.emit('Softmax', [linear], { axis: int(-1) }, 'exit/probability') : linear;
  const sure = sureness(to, { value: scores, classes, probabilities }, measure as 'margin');
  const limit = to.add('exit_threshold', tensor('float32', [], Float32Array.of(threshold)));

  const made = new Set(late.flatMap((node) => node.outputs));
  const gathered = new Map(
    [
      place.hidden,
      ...fedInputs(base)
        .map(({ name }) => name)
        .filter((name) => leading.has(name)),
    ].map((name) => [name, to.fresh(`late/${name}`)]),
  );
  const names = new Map<string, string>();
  const rename = (name: string): string => {
    const inside = gathered.get(name);
    if (inside !== undefined) return inside;
    if (!made.has(name)) return name;
    let known = names.get(name);
    if (known === undefined) names.set(name, (known = to.fresh(`late/${name}`)));
    return known;
  };
  const inner = late.map((node) => renameNode(node, rename, 'late/'));
  const used = new Set(inner.flatMap((node) => node.inputs));
  const written = extend(base, { nodes: [...pooled.nodes, ...to.nodes], initializers: to.initializers });
  const outer = sliceOf(written.graph.nodes, [sure, scores, place.hidden], new Set());
  const { inside, outside } = splitWeights(written.graph, inner, outer);
  const info = base.graph.outputs.find(({ name }) => name === output)!;
  const before = to.nodes.length;
  const branch = route(
    to,
    { scores, sureness: sure, threshold: limit, output: info },
    {
      nodes: inner,
      initializers: inside,
      scores: rename(output),
      gathered: new Map([...gathered].filter(([, name]) => used.has(name))),
    },
  );
  const nodes = [...outer, ...to.nodes.slice(before), branch];
  const initializers: Graph['initializers'] = new Map([...outside, ...to.initializers]);
  return { model: { ...written, graph: { ...written.graph, nodes, initializers, values: new Map() } }, branch };
};

const build = async (
  model: Model,
  anatomy: Anatomy,
  learning: Learning,
  chosen: EarlyOptions,
  context: Context,
): Promise<TechniqueResult> => {
  const { output, validation, train } = learning;
  const { blocks, width } = anatomy;
  if (blocks.length < 2) return nothing(model, `the model has ${blocks.length} block: there is no place between two`);
  if (chosen.after >= blocks.length)
    return nothing(model, `the exit would be after block ${chosen.after}, and the model has ${blocks.length}`);
  const why = notScoresOnly(model, output, 'the model');
  if (why !== null) return nothing(model, why);
  if (inferFacts(model).get(output)?.dtype !== 'float32')
    return nothing(model, `its scores ${output} are not known to be float32`);
  const leading = rowInputs(
    validation,
    fedInputs(model).map(({ name }) => name),
  );
  if (typeof leading === 'string') return nothing(model, leading);
  const last = blocks.at(-1)!.output;
  const pooling = poolingOf(model, last, width);
  if (pooling === null)
    return nothing(
      model,
      `between the last block and ${output} there is no vector of width ${width} a row for an exit to read`,
    );
  const places = blocks
    .slice(0, -1)
    .map((block, i): Place => ({ after: i + 1, hidden: block.output }))
    .filter(({ after }) => chosen.after === 0 || after === chosen.after)
    .filter((place) => behind(model, anatomy, place, output) !== null);
  if (places.length === 0)
    return nothing(model, 'later blocks read what lies inside earlier ones: there is no place to leave');
  if (!(await rowsAreIndependent(model, output, validation, leading, context)))
    return nothing(model, 'the model answers a row differently without the other rows of its batch');

  const probabilities = isProbability(model, output);
  const { candidates, late } = await fitHeads(
    withPooled(model, pooling, last, places),
    places,
    learning,
    { ...chosen, measure: chosen.measure as 'margin', probabilities },
    context,
  );
  if (late.width < 2) return nothing(model, `${output} has ${late.width} class: how sure an answer is cannot be told`);
  // Each place gets its share of the doubt: the best of several looks better than it is.
  const confidence = 1 - (1 - chosen.confidence) / candidates.length;
  let best: {
    readonly candidate: Candidate;
    readonly saved: number;
    readonly threshold: number;
    readonly what: string;
  } | null = null;
  let reason = '';
  for (const candidate of candidates) {
    const found = chooseThreshold(candidate.scores, late, candidate.sureness, validation, { ...chosen, confidence });
    if (typeof found === 'string') {
      reason = found;
      continue;
    }
    const share = found.kept / found.rows;
    const saved = (share * (blocks.length - candidate.place.after)) / blocks.length;
    if (best !== null && saved <= best.saved) continue;
    best = {
      candidate,
      saved,
      threshold: found.threshold,
      what:
        `threshold ${Number(found.threshold.toPrecision(4))}: ${percent(share)} of ${found.rows} validation rows leave after block ${candidate.place.after} of ${blocks.length}, ` +
        `which saves ${percent(saved)} of the blocks; ${lossName(validation, chosen.judge)}: ${percent(found.loss)}, ` +
        `at most ${percent(found.bound)} with ${percent(chosen.confidence)} confidence`,
    };
  }
  if (best === null) return nothing(model, reason);
  const { candidate, threshold, what } = best;
  const nodes = behind(model, anatomy, candidate.place, output)!;
  const made = withExit(model, candidate, pooling, last, nodes, output, threshold, chosen.measure, leading);
  return {
    model: made.model,
    changes: [
      {
        what: `an exit after block ${candidate.place.after}, its head fitted on ${Math.min(train.count, 4096)} rows (exit_threshold decides)`,
        nodes: [made.branch.name],
      },
      { what, nodes: [made.branch.name] },
    ],
    skipped: [],
  };
};

/** A calibrated exit head after one of the blocks: rows that it is sure about leave, the others go on in an If.
 *  Shapes: unchanged. Errors: `runtime/…`, `optimize/values`, `optimize/scores`, `engine/cancelled`.
 *  Source: Teerapittayanon et al. 2016 (BranchyNet); Xin et al. 2020 (DeeBERT); Schuster et al. 2022 (CALM: thresholds by Learn then Test). */
export const early = defineTechnique({
  id: 'exit/early',
  version: 2,
  title: 'Early exit',
  source:
    'Teerapittayanon et al. 2016 (BranchyNet); Xin et al. 2020 (DeeBERT); Schuster et al. 2022 (CALM); Guo et al. 2017; ONNX If-13',
  summary:
    'Fits a linear exit head behind one of the blocks of a transformer classifier: rows that it is sure about leave there, only the others run through the remaining blocks. ' +
    'Place and threshold are chosen on validation rows so that the stated risk is kept; the threshold stays in the file as the weight exit_threshold. ' +
    'Pays where most rows are easy and blocks are wide; a batch waits for its hardest row. Techniques that change scores belong before it, since the threshold was chosen for these.',
  fileSuffix: null,
  needs: { calibration: 'none', training: true },
  options,
  place: { stage: 'exit', saves: ['time'] },
  tolerance: () => null,
  check: (model) => {
    if (model.graph.outputs.length !== 1)
      return {
        reason: 'the model has more outputs than the scores, and an early answer could not give them',
        nodes: [],
      };
    const anatomy = anatomyOf(model);
    return 'reason' in anatomy ? anatomy : cannotRaise(model, leastOpset);
  },
  apply: (original, chosen, context) =>
    onRaised(original, leastOpset, async (model) => {
      if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped before the exit');
      const { learning } = context;
      if (learning === null)
        return nothing(model, 'the exit head learns from examples and there are none (data.train in a scenario)');
      if (learning.validation.count < 2 || learning.train.count < 2)
        return nothing(model, 'the exit head needs training and validation rows, at least two of each');
      const anatomy = anatomyOf(model);
      if ('reason' in anatomy) return { model, changes: [], skipped: [anatomy] };
      return unless(['optimize/scores', 'optimize/values'], model, () =>
        build(model, anatomy, learning, chosen, context),
      );
    }),
});
