import { availableParallelism } from 'node:os';
import { SteelyardError } from '../../contracts/index.ts';
import type { Context, Feeds, Model, Node, Session, Tensor, Value, ValueInfo } from '../../contracts/index.ts';
import { elementCount } from '../../model/tensor/index.ts';
import type { Statistic } from './types.ts';

/** One value of the main graph and what to learn about it. */
export interface Request {
  readonly value: string;
  readonly statistic: Statistic;
}

/** Nobody times these runs, and threads split rows and columns of a product, never its sums: results do not depend on their number.
 *  In small models threads wait for each other more than they compute. */
const mostThreads = Math.min(4, availableParallelism());
const valuesForThreads = 30_000_000;
const threadsFor = ({ graph }: Model, sums: Plan['sums']): number => {
  let values = sums.reduce((total, { statistic }) => total + elementCount(statistic.dims ?? []), 0);
  for (const { op, inputs } of graph.nodes)
    if (op === 'MatMul' || op === 'Gemm' || op === 'Conv')
      values += elementCount(graph.initializers.get(inputs[1] ?? '')?.dims ?? [0]);
  return values < valuesForThreads ? 1 : mostThreads;
};

/** Whole values that leave the session in one call take about so many bytes: more would make a batch's activations live in two processes at
 *  once. Before sizes are known, so many values. */
const wholeBytes = 32 << 20;
const wholeAtFirst = 8;

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
  /** Those of the passes over some batches. */
  readonly later: readonly (readonly [output: string, statistic: Statistic])[];
  readonly inputs: ReadonlyMap<string, () => Value>;
  readonly whole: readonly (readonly [value: string, statistics: readonly Statistic[]])[];
  readonly sums: readonly { readonly output: string; readonly input: string; readonly statistic: Statistic }[];
}

/** The model with the probes' nodes beside its own, and only what was asked for as outputs. */
const planOf = (model: Model, requests: readonly Request[], laterRequests: readonly Request[]): Plan => {
  const opset = model.opsets.get('') ?? 1;
  const nodes: Node[] = [];
  const initializers = new Map<string, Tensor>();
  const inputs = new Map<string, () => Value>();
  const small: [string, Statistic][] = [];
  const later: [string, Statistic][] = [];
  const whole = new Map<string, Statistic[]>();
  const sums: { output: string; input: string; statistic: Statistic }[] = [];
  [...requests, ...laterRequests].forEach(({ value, statistic }, index) => {
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
    for (const [name, read] of made.inputs ?? []) inputs.set(name, read);
    if (statistic.kind === 'small') (index < requests.length ? small : later).push([output, statistic]);
    else {
      const input = `${prefix}_so_far`;
      nodes.push({ name: '', op: 'Add', domain: '', inputs: [part, input], outputs: [output], attributes: {} });
      sums.push({ output, input, statistic });
    }
  });
  const { graph } = model;
  return {
    small,
    later,
    inputs,
    whole: [...whole],
    sums,
    model: {
      ...model,
      graph: {
        ...graph,
        nodes: [...graph.nodes, ...nodes],
        initializers: new Map([...graph.initializers, ...initializers]),
        inputs: [
          ...graph.inputs,
          ...[...inputs].map(([name, read]) => scalarInfo(name, read())),
          ...sums.map(({ input, statistic }) => info(input, statistic.dims ?? [])),
        ],
        outputs: [
          ...[...small, ...later].map(([output]) => info(output, null)),
          ...[...whole.keys()].map((value) => info(value, null)),
          ...sums.map(({ output, statistic }) => info(output, statistic.dims ?? [])),
        ],
      },
    },
  };
};

const scalarInfo = (name: string, { dtype }: Value): ValueInfo => ({ name, type: { kind: 'tensor', dtype, dims: [] } });

type Whole = Plan['whole'];

/** Whole values in groups that leave the session together. */
const groupsOf = (whole: Whole, bytes: ReadonlyMap<string, number>): Whole[] => {
  const groups: Whole[number][][] = [];
  let room = 0;
  for (const one of whole) {
    const size = bytes.get(one[0]) ?? wholeBytes / wholeAtFirst;
    if (groups.length === 0 || size > room) {
      groups.push([]);
      room = wholeBytes;
    }
    groups.at(-1)!.push(one);
    room -= size;
  }
  return groups;
};

/** Runs batches through one session. */
const runner = (session: Session, { small, later, whole, sums, inputs }: Plan) => {
  const bytes = new Map<string, number>();
  let started = false;
  const run = async (feeds: Feeds, reduced: Plan['small'], added: Plan['sums'], group: Whole): Promise<void> => {
    const starts = started
      ? {}
      : Object.fromEntries(sums.map(({ input, statistic }) => [input, zeros(statistic.dims!)]));
    started = true;
    const { outputs } = await session.run(
      { ...feeds, ...starts },
      {
        fetch: [...reduced.map(([output]) => output), ...group.map(([value]) => value)],
        keep: Object.fromEntries(added.map(({ output, input }) => [output, input])),
      },
    );
    for (const [output, statistic] of reduced) statistic.add(outputs[output]!);
    for (const [value, statistics] of group) {
      const found = outputs[value]!;
      bytes.set(value, (found.data as Float32Array).byteLength);
      for (const statistic of statistics) statistic.add(found);
    }
  };
  const scalars = (): Feeds => Object.fromEntries([...inputs].map(([name, read]) => [name, read()]));
  return {
    /** Everything but the later ones. */
    async all(feeds: Feeds): Promise<void> {
      // A run computes the whole graph, whatever is fetched: the first group comes with what is reduced.
      const [first = [], ...rest] = groupsOf(whole, bytes);
      const own = { ...feeds, ...scalars() };
      await run(own, small, sums, first);
      for (const group of rest) await run(own, [], [], group);
    },
    /** The later ones only. */
    some: (feeds: Feeds): Promise<void> => run({ ...feeds, ...scalars() }, later, [], []),
  };
};

/** Passes over the calibration inputs in one session. */
export interface Passes {
  /** All batches, for the first requests. Answers their number. Errors: those of `observe`. */
  all(label: string): Promise<number>;
  /** At most so many batches, spread evenly over those that `all` saw, for the later requests: their scalar inputs are read anew. */
  some(most: number, label: string): Promise<void>;
}

/** Open a session with probes for several passes: what is learned in the first one can be an input of the next. Later statistics are of
 *  kind 'small'. Values, memory and errors as for `observe`. */
export const withPasses = async <R>(
  model: Model,
  requests: readonly Request[],
  later: readonly Request[],
  context: Context,
  work: (passes: Passes) => Promise<R>,
): Promise<R> => {
  const { calibration } = context;
  if (calibration === null)
    throw new SteelyardError(
      'optimize/calibration',
      'this needs calibration data and there is none',
      'name it: data.calibration in a scenario, --inputs on the command line',
    );
  const plan = planOf(model, requests, later);
  if (plan.later.length < later.length) throw new Error('a later statistic must be a reduced tensor');
  const session = await context.open(plan.model, { intraOpThreads: threadsFor(model, plan.sums) });
  const { all, some } = runner(session, plan);
  let batches = 0;
  const pass = async (label: string, one: (feeds: Feeds, index: number) => Promise<void>): Promise<number> => {
    let index = 0;
    for await (const feeds of calibration()) {
      if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while calibrating');
      context.progress({ label, done: index, total: null });
      await one(feeds, index++);
    }
    return index;
  };
  try {
    return await work({
      all: async (label) => {
        batches = await pass(label, all);
        if (batches === 0)
          throw new SteelyardError(
            'optimize/calibration',
            'the calibration data has no rows',
            'give at least one row of inputs',
          );
        if (plan.sums.length > 0) {
          const sums = await session.read(plan.sums.map(({ input }) => input));
          for (const { input, statistic } of plan.sums) statistic.add(sums[input]!);
        }
        return batches;
      },
      some: async (most, label) => {
        const step = Math.max(1, Math.ceil(batches / most));
        await pass(label, async (feeds, index) => (index % step === 0 ? some(feeds) : undefined));
      },
    });
  } finally {
    await session.close();
  }
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
): Promise<number> =>
  requests.length === 0 && context.calibration !== null
    ? 0
    : withPasses(model, requests, [], context, ({ all }) => all(label));
