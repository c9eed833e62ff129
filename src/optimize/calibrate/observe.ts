import { availableParallelism } from 'node:os';
import { SteelyardError } from '../../contracts/index.ts';
import type { Context, Feeds, Model, Node, Session, Tensor, Value, ValueInfo } from '../../contracts/index.ts';
import type { Statistic } from './types.ts';

/** One value of the main graph and what to learn about it. */
export interface Request {
  readonly value: string;
  readonly statistic: Statistic;
}

/** Nobody times these runs, and threads split rows and columns of a product, never its sums: results do not depend on their number. */
const threads = Math.min(4, availableParallelism());

/** Whole values that leave the session in one call: more would make a batch's activations live in two processes at once. */
const wholeAtOnce = 8;

const info = (name: string, dims: readonly number[] | null): ValueInfo => ({
  name,
  type: { kind: 'tensor', dtype: 'float32', dims },
});

const zeros = (dims: readonly number[]): Value => ({
  dtype: 'float32',
  dims,
  data: new Float32Array(dims.reduce((product, dim) => product * dim, 1)),
});

interface Plan {
  readonly model: Model;
  readonly small: readonly (readonly [output: string, statistic: Statistic])[];
  readonly whole: readonly (readonly [value: string, statistics: readonly Statistic[]])[];
  readonly sums: readonly { readonly output: string; readonly input: string; readonly statistic: Statistic }[];
}

/** The model with the probes' nodes beside its own, and only what was asked for as outputs. */
const planOf = (model: Model, requests: readonly Request[]): Plan => {
  const opset = model.opsets.get('') ?? 1;
  const nodes: Node[] = [];
  const initializers = new Map<string, Tensor>();
  const small: [string, Statistic][] = [];
  const whole = new Map<string, Statistic[]>();
  const sums: { output: string; input: string; statistic: Statistic }[] = [];
  requests.forEach(({ value, statistic }, index) => {
    if (statistic.kind === 'whole') {
      const known = whole.get(value);
      if (known === undefined) whole.set(value, [statistic]);
      else known.push(statistic);
      return;
    }
    const prefix = `steelyard_probe_${index}`;
    const output = `${prefix}_output`;
    const part = statistic.kind === 'small' ? output : `${prefix}_part`;
    const made = statistic.nodes(value, part, prefix, opset);
    nodes.push(...made.nodes);
    for (const [name, tensor] of made.initializers ?? []) initializers.set(name, tensor);
    if (statistic.kind === 'small') small.push([output, statistic]);
    else {
      const input = `${prefix}_so_far`;
      nodes.push({ name: '', op: 'Add', domain: '', inputs: [part, input], outputs: [output], attributes: {} });
      sums.push({ output, input, statistic });
    }
  });
  const { graph } = model;
  return {
    small,
    whole: [...whole],
    sums,
    model: {
      ...model,
      graph: {
        ...graph,
        nodes: [...graph.nodes, ...nodes],
        initializers: new Map([...graph.initializers, ...initializers]),
        inputs: [...graph.inputs, ...sums.map(({ input, statistic }) => info(input, statistic.dims ?? []))],
        outputs: [
          ...small.map(([output]) => info(output, null)),
          ...[...whole.keys()].map((value) => info(value, null)),
          ...sums.map(({ output, statistic }) => info(output, statistic.dims ?? [])),
        ],
      },
    },
  };
};

const oneBatch = async (
  session: Session,
  { small, whole, sums }: Plan,
  feeds: Feeds,
  first: boolean,
): Promise<void> => {
  if (small.length + sums.length > 0) {
    const starts = first ? Object.fromEntries(sums.map(({ input, statistic }) => [input, zeros(statistic.dims!)])) : {};
    const { outputs } = await session.run(
      { ...feeds, ...starts },
      {
        fetch: small.map(([output]) => output),
        keep: Object.fromEntries(sums.map(({ output, input }) => [output, input])),
      },
    );
    for (const [output, statistic] of small) statistic.add(outputs[output]!);
  }
  for (let start = 0; start < whole.length; start += wholeAtOnce) {
    const group = whole.slice(start, start + wholeAtOnce);
    const { outputs } = await session.run(feeds, { fetch: group.map(([value]) => value) });
    for (const [value, statistics] of group) for (const statistic of statistics) statistic.add(outputs[value]!);
  }
};

const onePass = async (
  model: Model,
  requests: readonly Request[],
  context: Context,
  label: string,
): Promise<number> => {
  const plan = planOf(model, requests);
  const session = await context.open(plan.model, { intraOpThreads: threads });
  let batches = 0;
  try {
    for await (const feeds of context.calibration!()) {
      if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while calibrating');
      context.progress({ label, done: batches, total: null });
      await oneBatch(session, plan, feeds, batches === 0);
      batches++;
    }
    if (batches > 0 && plan.sums.length > 0) {
      const sums = await session.read(plan.sums.map(({ input }) => input));
      for (const { input, statistic } of plan.sums) statistic.add(sums[input]!);
    }
  } finally {
    await session.close();
  }
  return batches;
};

/** Run the calibration inputs through a model and let each statistic learn about its value. Values must be float32 values of the
 *  main graph. Nothing but reduced tensors leaves the session, or whole values a few at a time; no batch outlives its turn, so
 *  memory does not grow with the data. Batches may have any lengths.
 *  Answers the number of batches. Errors: `optimize/calibration` when there is no calibration data or it has no rows; `runtime/…` when the
 *  model does not load or refuses the inputs; `engine/cancelled`. */
export const observe = async (
  model: Model,
  requests: readonly Request[],
  context: Context,
  label = 'calibrating',
): Promise<number> => {
  if (context.calibration === null)
    throw new SteelyardError(
      'optimize/calibration',
      'this needs calibration data and there is none',
      'name it: data.calibration in a scenario, --inputs on the command line',
    );
  let batches = 0;
  for (const part of [
    requests.filter(({ statistic }) => statistic.kind !== 'whole'),
    requests.filter(({ statistic }) => statistic.kind === 'whole'),
  ])
    if (part.length > 0) batches = await onePass(model, part, context, label);
  if (batches === 0 && requests.length > 0)
    throw new SteelyardError(
      'optimize/calibration',
      'the calibration data has no rows',
      'give at least one row of inputs',
    );
  return batches;
};
