import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { SteelyardError } from '../../contracts/index.ts';
import type { Context, Feeds, Model, RunResult, Session, ValueInfo } from '../../contracts/index.ts';
import { elementCount } from '../../model/tensor/index.ts';
import { carry } from './carried.ts';
import { planOf, type Plan, type Request } from './plan.ts';
import { modelOf, segmentBytes, segmentsOf, together, type Segment } from './segments.ts';
import { withRows } from './rows.ts';
import type { Statistic } from './types.ts';

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

type Whole = Plan['whole'];

/** A batch on its way through a session. */
interface Begun {
  readonly own: Feeds;
  readonly first: Whole;
  readonly rest: readonly Whole[];
  readonly result: Promise<RunResult>;
}

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

/** Hands each list of a joined tensor to its statistic. */
const share = (lists: readonly Statistic[], joined: Float32Array): void => {
  let from = 0;
  for (const statistic of lists) {
    const to = from + (statistic.size ?? 0);
    statistic.add({ dtype: 'float32', dims: [to - from], data: joined.subarray(from, to) });
    from = to;
  }
};

/** Runs batches through a segment: `begin` asks for a batch, `finish` learns from what came and answers what later segments read. */
const runner = (session: Session, { inputs }: Plan, { small, whole, sums, gives }: Segment) => {
  const lists = small.filter(([, { size }]) => size !== undefined).map(([, statistic]) => statistic);
  const apart = small.filter(([, { size }]) => size === undefined);
  const taken = new Set(session.inputs.map(({ name }) => name));
  const asked = [...inputs].filter(([name]) => taken.has(name));
  const bytes = new Map<string, number>();
  let started = false;
  const take = (group: Whole, outputs: Feeds): void => {
    for (const [value, statistics] of group) {
      const found = outputs[value]!;
      bytes.set(value, (found.data as Float32Array).byteLength);
      for (const statistic of statistics) statistic.add(found);
    }
  };
  const begin = (feeds: Feeds, batch: number): Begun => {
    const own = { ...feeds, ...Object.fromEntries(asked.map(([name, read]) => [name, read(batch)])) };
    // A run computes the whole graph, whatever is fetched: the first group comes with what is reduced.
    const [first = [], ...rest] = groupsOf(whole, bytes);
    const zeros = started ? {} : Object.fromEntries(sums.map(({ input, statistic }) => [input, statistic.dims!]));
    started = true;
    const result = session.run(own, {
      fetch: [
        ...(lists.length === 0 ? [] : [together]),
        ...apart.map(([output]) => output),
        ...first.map(([value]) => value),
        ...gives,
      ],
      keep: Object.fromEntries(sums.map(({ output, input }) => [output, input])),
      zeros,
    });
    // A fault is met in its turn.
    result.catch(() => undefined);
    return { own, first, rest, result };
  };
  const finish = async ({ own, first, rest, result }: Begun): Promise<Feeds> => {
    const { outputs } = await result;
    // The next batch goes out before this one is looked at.
    await setImmediate();
    if (lists.length > 0) share(lists, outputs[together]!.data as Float32Array);
    for (const [output, statistic] of apart) statistic.add(outputs[output]!);
    take(first, outputs);
    for (const group of rest) take(group, (await session.run(own, { fetch: group.map(([value]) => value) })).outputs);
    return Object.fromEntries(gives.map((name) => [name, outputs[name]!]));
  };
  return { begin, finish };
};

/** Values by their names. */
const pick = (feeds: Feeds, names: ReadonlySet<string>): Feeds =>
  Object.fromEntries(Object.entries(feeds).filter(([name]) => names.has(name)));

/** Run the calibration inputs through a model and let each statistic learn about its value. Values must be float32 values of the
 *  main graph. Nothing but reduced tensors leaves the session, or whole values a few at a time; no batch outlives the turn of the next, so
 *  memory does not grow with the data. A large model runs in segments, one after another over all batches, so that memory does not grow with
 *  the model either: what goes from one to the next waits on disk. Batches may have any lengths.
 *  `learned` hears, after each segment, of what saw everything. Answers the number of batches.
 *  Errors: `optimize/calibration` when there is no calibration data or it has no rows; `runtime/…` when the model does not load or refuses
 *  the inputs; `model/no-space`; `engine/cancelled`. */
export const observe = async (
  model: Model,
  requests: readonly Request[],
  context: Context,
  label = 'calibrating',
  learned: (statistics: ReadonlySet<Statistic>) => void = () => undefined,
  mostBytes = segmentBytes,
): Promise<number> => {
  const { calibration } = context;
  if (calibration === null)
    throw new SteelyardError(
      'optimize/calibration',
      'this needs calibration data and there is none',
      'name it: data.calibration in a scenario, --inputs on the command line',
    );
  if (requests.length === 0) return 0;
  const plan = planOf(model, requests);
  const segments = segmentsOf(plan, mostBytes);
  const cut = segments.length > 1;
  const types = new Map<string, ValueInfo>(plan.model.graph.inputs.map((input) => [input.name, input]));
  const carried = carry(
    context,
    segments.map(({ takes }) => takes),
  );
  const intraOpThreads = threadsFor(plan.model, plan.sums);
  let batches = 0;
  try {
    for (const [at, segment] of segments.entries()) {
      const later = new Set(segments.slice(at + 1).flatMap(({ takes }) => takes));
      const session = await context.open(modelOf(plan, segment, types), { intraOpThreads });
      try {
        for (const output of session.outputs) if (!types.has(output.name)) types.set(output.name, output);
        const { begin, finish } = runner(session, plan, segment);
        const taken = new Set(segment.takes);
        /** The batch before, which is learned from while the process works on this one. */
        let before: (() => Promise<void>) | null = null;
        let index = 0;
        for await (const feeds of at === 0 ? withRows(calibration()) : carried.batches(segment.takes, batches)) {
          if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while calibrating');
          context.progress({
            label,
            done: at * batches + index,
            total: at === 0 ? null : batches * segments.length,
          });
          const begun = begin(cut ? pick(feeds, taken) : feeds, index);
          await before?.();
          before = async (): Promise<void> => {
            const left = await finish(begun);
            if (cut) await carried.put(at, at === 0 ? { ...pick(feeds, later), ...left } : left);
          };
          // From the first batch the sizes are known.
          if (index++ > 0) continue;
          await before();
          before = null;
        }
        await before?.();
        batches = index;
        if (batches === 0)
          throw new SteelyardError(
            'optimize/calibration',
            'the calibration data has no rows',
            'give at least one row of inputs',
          );
        if (segment.sums.length > 0) {
          const read = await session.read(segment.sums.map(({ input }) => input));
          for (const { input, statistic } of segment.sums) statistic.add(read[input]!);
        }
      } finally {
        await session.close();
      }
      await carried.done(at);
      learned(
        new Set([
          ...segment.small.map(([, statistic]) => statistic),
          ...segment.whole.flatMap(([, statistics]) => statistics),
          ...segment.sums.map(({ statistic }) => statistic),
        ]),
      );
    }
  } finally {
    await carried.close();
  }
  return batches;
};
