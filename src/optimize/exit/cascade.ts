import { SteelyardError, defineTechnique } from '../../contracts/index.ts';
import type { Context, Graph, Learning, Model, Options, TechniqueResult } from '../../contracts/index.ts';
import { inferFacts, raised } from '../../model/graph/index.ts';
import { onnxNumberOf, tensor } from '../../model/tensor/index.ts';
import { emitter, extend, int, type Emitter } from '../writing/emit.ts';
import { aimOptions, chooseThreshold, lossName, percent } from './choose.ts';
import { sureness } from './measure.ts';
import { renameNode } from '../rename.ts';
import { route, type Late } from './route.ts';
import { answersOf, bestOf, nothing, unless, type Answers } from '../answers.ts';
import { rowInputs, rowsAreIndependent } from './rows.ts';
import {
  fedInputs,
  isProbability,
  keptInputs,
  notScoresOnly,
  sameModel,
  sharedWeights,
  vocabularies,
} from './signature.ts';

/** GreaterOrEqual, ScatterND and Softmax along one axis, all with today's meaning. */
const leastOpset = 13;

type CascadeOptions = Options<typeof aimOptions>;

/** Why two models cannot answer the same requests, or null. Reads no weights. */
const mismatch = (small: Model, large: Model, output: string): string | null => {
  if (sameModel(small, large)) return 'the current model is the original: make a smaller or quantized one first';
  const why = notScoresOnly(small, output, 'the current model') ?? notScoresOnly(large, output, 'the original');
  if (why !== null) return why;
  const inputs = new Map(fedInputs(small).map((input) => [input.name, input.type]));
  for (const { name, type } of fedInputs(large)) {
    const own = inputs.get(name);
    if (own === undefined) return `the original needs the input ${name}, which the current model does not have`;
    if (own?.kind === 'tensor' && type?.kind === 'tensor' && own.dtype !== type.dtype)
      return `the input ${name} is ${own.dtype} in the current model and ${type.dtype} in the original`;
  }
  const [mine, theirs] = [vocabularies(small), vocabularies(large)];
  for (const [name, rows] of mine) {
    const other = theirs.get(name);
    if (other !== undefined && other !== rows)
      return `the current model knows ${rows} tokens in ${name} and the original ${other}: their tokenizers differ, so the same ids mean other words; trim the vocabulary with its remap option, which keeps the tokenizer`;
  }
  return null;
};

interface Judged {
  readonly threshold: number;
  readonly what: string;
}

/** Runs both models on the validation rows; answers the threshold or why there is none. */
const judge = async (
  small: { readonly model: Model; readonly sureness: string },
  large: Model,
  { validation, output }: Learning,
  options: CascadeOptions,
  context: Context,
): Promise<Judged | string> => {
  const rows = Array.from({ length: validation.count }, (_, i) => i);
  const run = async (model: Model, names: readonly string[], label: string): Promise<ReadonlyMap<string, Answers>> => {
    const session = await context.open(model);
    try {
      return await answersOf(session, names, validation, rows, context, label);
    } finally {
      await session.close();
    }
  };
  const early = await run(small.model, [output, small.sureness], 'answering with the current model');
  const late = (await run(large, [output], 'answering with the original')).get(output)!;
  const own = early.get(output)!;
  if (own.width !== late.width)
    return `the current model has ${own.width} classes and the original ${late.width}: their labels differ`;
  const labels = rows.map((row) => validation.label(row));
  const right = (answers: Answers): number =>
    bestOf(answers).reduce((sum, best, row) => sum + (best === labels[row] ? 1 : 0), 0);
  if (labels.some((label) => label !== null) && right(late) < right(own))
    return `the original is right on ${right(late)} of the validation rows and the current model on ${right(own)}: there is nothing to gain from asking it`;
  const found = chooseThreshold(own, late, early.get(small.sureness)!.values, validation, options);
  if (typeof found === 'string') return found;
  if (found.kept === found.rows)
    return `the current model alone keeps the risk (${percent(found.bound)} at most): the original would only add its size`;
  return {
    threshold: found.threshold,
    what:
      `threshold ${Number(found.threshold.toPrecision(4))}: ${percent(1 - found.kept / found.rows)} of ${found.rows} validation rows go on to the original; ` +
      `${lossName(validation, options.judge)}: ${percent(found.loss)}, at most ${percent(found.bound)} with ${percent(options.confidence)} confidence`,
  };
};

/** The original as the body for unsure rows. Weights that both models hold stay outside, where both see them. */
const lateOf = (to: Emitter, small: Model, large: Model, output: string, leading: ReadonlySet<string>): Late => {
  const { graph } = large;
  const shared = sharedWeights(graph, small);
  const inputs = new Set(fedInputs(large).map(({ name }) => name));
  const names = new Map<string, string>();
  const rename = (name: string): string => {
    const twin = shared.get(name);
    if (twin !== undefined) return twin;
    if (inputs.has(name) && !leading.has(name)) return name;
    let known = names.get(name);
    if (known === undefined) names.set(name, (known = to.fresh(`original/${name}`)));
    return known;
  };
  const nodes = graph.nodes.map((node) => renameNode(node, rename, 'original/'));
  const gathered = new Map([...inputs].filter((name) => leading.has(name)).map((name) => [name, rename(name)]));
  let scores = rename(output);
  const [own, theirs] = [small, large].map((model) => inferFacts(model).get(output)?.dtype ?? 'float32');
  if (own !== undefined && own !== theirs) {
    const cast = to.fresh('original/scores');
    nodes.push({
      name: cast,
      op: 'Cast',
      domain: '',
      inputs: [scores],
      outputs: [cast],
      attributes: { to: int(onnxNumberOf(own)) },
    });
    scores = cast;
  }
  const initializers: Graph['initializers'] = new Map(
    [...graph.initializers].filter(([name]) => !shared.has(name)).map(([name, value]) => [rename(name), value]),
  );
  return { nodes, initializers, scores, gathered };
};

/** Functions and operator sets of two models that become one; a string says what clashes. */
const joined = (small: Model, large: Model): Pick<Model, 'functions' | 'opsets' | 'irVersion'> | string => {
  const functions = [...small.functions];
  for (const one of large.functions) {
    const twin = functions.find(({ name, domain }) => name === one.name && domain === one.domain);
    if (twin === undefined) functions.push(one);
    else if (Buffer.compare(twin.bytes, one.bytes) !== 0)
      return `both models define a function ${one.name}, each another one`;
  }
  const opsets = new Map(small.opsets);
  for (const [domain, version] of large.opsets) opsets.set(domain, Math.max(version, opsets.get(domain) ?? 0));
  return { functions, opsets, irVersion: Math.max(4, small.irVersion, large.irVersion) };
};

const build = async (
  current: Model,
  original: Model,
  learning: Learning,
  options: CascadeOptions,
  context: Context,
): Promise<TechniqueResult> => {
  const { output, validation } = learning;
  const opset = Math.max(leastOpset, current.opsets.get('') ?? 0, original.opsets.get('') ?? 0);
  const [small, large] = [raised(current, opset), raised(original, opset)];
  if ('reason' in small) return nothing(current, small.reason);
  if ('reason' in large) return nothing(current, large.reason);
  const both = joined(small.model, large.model);
  if (typeof both === 'string') return nothing(current, both);
  const leading = rowInputs(
    validation,
    fedInputs(small.model).map(({ name }) => name),
  );
  if (typeof leading === 'string') return nothing(current, leading);

  const base: Model = { ...small.model, graph: { ...small.model.graph, inputs: keptInputs(small.model) } };
  const to = emitter(base);
  const scores = to.fresh('exit/early_scores');
  const info = base.graph.outputs.find(({ name }) => name === output)!;
  const facts = inferFacts(base).get(output);
  const width = facts?.dims?.at(-1);
  const classes = typeof width === 'number' ? width : learning.labels.length;
  if (classes < 2) return nothing(current, `${output} has ${classes} class: how sure an answer is cannot be told`);
  const float = facts?.dtype === 'float32' ? scores : to.emit('Cast', [scores], { to: int(1) });
  const measured = sureness(to, { value: float, classes, probabilities: isProbability(base, output) }, options.measure);
  const renamed = base.graph.nodes.map((node) => renameNode(node, (name) => (name === output ? scores : name), ''));
  const probe = extend({ ...base, graph: { ...base.graph, nodes: renamed } }, to);
  const verdict = await judge(
    {
      // The same nodes as in the cascade: what is measured is what will decide.
      model: {
        ...probe,
        graph: {
          ...probe.graph,
          nodes: [
            ...probe.graph.nodes,
            { name: '', op: 'Identity', domain: '', inputs: [scores], outputs: [output], attributes: {} },
          ],
          outputs: [info, { name: measured, type: { kind: 'tensor', dtype: 'float32', dims: [null] } }],
        },
      },
      sureness: measured,
    },
    original,
    learning,
    options,
    context,
  );
  if (typeof verdict === 'string') return nothing(current, verdict);
  if (!(await rowsAreIndependent(original, output, validation, leading, context)))
    return nothing(current, 'the original answers a row differently without the other rows of its batch');

  const threshold = to.add('cascade_threshold', tensor('float32', [], Float32Array.of(verdict.threshold)));
  const crossing = { scores, sureness: measured, threshold, output: info };
  const branch = route(to, crossing, lateOf(to, small.model, large.model, output, leading));
  const whole = extend({ ...base, graph: { ...base.graph, nodes: renamed } }, to);
  return {
    model: { ...whole, ...both, graph: { ...whole.graph, nodes: [...whole.graph.nodes, branch] } },
    changes: [
      ...small.changes,
      { what: `unsure rows are answered by the original (${threshold} decides)`, nodes: [branch.name] },
      { what: verdict.what, nodes: [branch.name] },
    ],
    skipped: [],
  };
};

/** The current model answers first, the original only the rows where the current one is unsure: one model with an If.
 *  Shapes: as the current model's. Errors: `runtime/…`, `optimize/scores`, `engine/cancelled`.
 *  Source: Viola and Jones 2001 (cascades); Bates et al. 2021 (the threshold). */
export const cascade = defineTechnique({
  id: 'exit/cascade',
  version: 2,
  title: 'Small model first, the original when unsure',
  source:
    'Viola and Jones 2001; Angelopoulos et al. 2021 (Learn then Test), Bates et al. 2021 (risk-controlling sets); ONNX If-13',
  summary:
    'Puts the current, smaller model and the original into one file: the small one answers every row, and the rows where it is unsure go on to the original in the same call. ' +
    'The threshold is the lowest one that validation rows show to keep the stated risk, and stays in the file as the weight cascade_threshold. ' +
    'Pays where most rows are easy; costs the size of both models, and a batch waits for its hardest row. Quantize or prune before it: both can also be quantized afterwards, but then the threshold was chosen for other scores.',
  fileSuffix: null,
  needs: { calibration: 'none', training: true },
  options: aimOptions,
  place: {
    stage: 'exit',
    saves: ['time'],
    with: [
      'distill/*',
      'prune/*',
      'factorize/*',
      'quantize/dynamic',
      'quantize/static',
      'quantize/blockwise',
      'quantize/aware',
    ],
    sameTokens: true,
  },
  tolerance: () => null,
  check: (model) =>
    model.graph.outputs.length === 1
      ? null
      : { reason: 'the model has more outputs than the scores, and an early answer could not give them', nodes: [] },
  async apply(model, options, context) {
    if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped before the cascade');
    const { original, learning } = context;
    if (original === null)
      return nothing(model, 'there is no original model: the cascade belongs behind a step that makes a smaller one');
    if (learning === null)
      return nothing(model, 'the threshold needs validation rows and there are none (data.train in a scenario)');
    if (learning.validation.count < 2) return nothing(model, 'the threshold needs validation rows and there are none');
    const why = mismatch(model, original, learning.output);
    if (why !== null) return nothing(model, why);
    return unless(['optimize/scores'], model, () => build(model, original, learning, options, context));
  },
});
