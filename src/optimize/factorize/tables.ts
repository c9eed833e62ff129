import { SteelyardError } from '../../contracts/index.ts';
import type { Context, Node } from '../../contracts/index.ts';
import { int, labelOf, type Draft } from '../../model/graph/index.ts';
import { toFloat32 } from '../../model/tensor/index.ts';
import { float32, matches } from '../linear.ts';
import { isGather, tableOf } from '../quantize/embedding-tables.ts';
import type { Workers } from '../workers/index.ts';
import { rankStep } from './ranks.ts';
import { wishOf, type RankSettings } from './settings.ts';

/** Smaller tables save nothing. */
const smallest = 512;
/** Rows of a table that one job takes. */
const slabRows = 4096;
/** Wider tables take too long. */
const widest = 4096;

const passing: ReadonlySet<string> = new Set(['Cast', 'Identity', 'Reshape', 'Squeeze', 'Unsqueeze']);

/** The graph input that a Gather's indices are a copy of, or null. */
const fedBy = (draft: Draft, name: string): string | null => {
  let at = name;
  for (let steps = 0; steps < 16; steps++) {
    const maker = draft.producer(at);
    if (maker === undefined) return draft.isInput(at) ? at : null;
    if (maker.domain !== '' || !passing.has(maker.op)) return null;
    at = maker.inputs[0] ?? '';
  }
  return null;
};

/** How much each row of a table counts: half by how often calibration data looks it up, half for all rows alike, since rare rows are looked
 *  up some day. null when that is not known. */
const rowWeights = async (
  draft: Draft,
  gathers: readonly Node[],
  rows: number,
  context: Context,
): Promise<Float32Array | null> => {
  if (context.calibration === null) return null;
  const names = new Set<string>();
  for (const gather of gathers) {
    const name = fedBy(draft, gather.inputs[1]!);
    if (name === null) return null;
    names.add(name);
  }
  const counts = new Float64Array(rows);
  let total = 0;
  for await (const feeds of context.calibration()) {
    if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while counting tokens');
    for (const name of names)
      for (const value of feeds[name]?.data ?? []) {
        const index = Number(value);
        const row = index < 0 ? index + rows : index;
        if (!(row >= 0 && row < rows)) continue;
        counts[row]!++;
        total++;
      }
  }
  if (total === 0) return null;
  return Float32Array.from(counts, (count) => 0.5 * (count / total) * rows + 0.5);
};

/** The rank that the settings give a table, as the wish of a factorization. */
const tableWish = (rows: number, width: number, settings: RankSettings): ReturnType<typeof wishOf> => {
  const wish = wishOf(rows, width, settings);
  if (typeof wish === 'string' || settings.budget !== 'ratio') return wish;
  if (settings.ratio === 1) return 'a ratio of 1 keeps all of its numbers';
  const rank = Math.floor((settings.ratio * rows * width) / (rows + width) / rankStep) * rankStep;
  return { most: Math.min(wish.most, Math.max(rankStep, rank)), error: null };
};

const percent = (share: number): string => `${(100 * share).toPrecision(2)} %`;

const factorTable = async (
  draft: Draft,
  name: string,
  gathers: readonly Node[],
  settings: RankSettings,
  workers: Workers,
  context: Context,
): Promise<void> => {
  const refuse = (why: string): void => {
    for (const gather of gathers) draft.skip(gather, why);
  };
  const stored = draft.constant(name)!;
  const [rows, width] = stored.dims as [number, number];
  const wish = tableWish(rows, width, settings);
  if (typeof wish === 'string') return refuse(`its table: ${wish}`);
  if (width > widest) return refuse(`its table is wider than ${widest}: it would take too long`);
  const weights = await rowWeights(draft, gathers, rows, context);
  const values = toFloat32('float32', await context.bytes(stored));
  const starts = Array.from({ length: Math.ceil(rows / slabRows) }, (_, i) => i * slabRows);
  const slab = (from: number): Float32Array => values.subarray(from * width, Math.min(rows, from + slabRows) * width);
  const second = new Float64Array(width * width);
  await workers.each(
    'factorize/scatter',
    starts,
    (from) => ({ rows: slab(from), width, weights: weights?.subarray(from, from + slabRows) ?? null }),
    ({ sum }) => {
      for (let i = 0; i < second.length; i++) second[i]! += sum[i]!;
    },
  );
  const { rank, basis, tails } = await workers.run('factorize/basis', { matrix: second, width, ...wish });
  if (tails === null) return refuse(`its table ${name} holds NaN or infinity`);
  if (rank === 0)
    return refuse(
      `its table at rank ${wish.most}, the highest that saves numbers, has an error of ${percent(Math.sqrt(tails.at(-1)!))}: the budget is ${percent(settings.error)}`,
    );
  const left = new Float32Array(rows * rank);
  await workers.each(
    'factorize/project',
    starts,
    (from) => ({ rows: slab(from), width, basis, rank }),
    ({ projected }, from) => left.set(projected, from * rank),
  );
  const leftName = draft.addInitializer(`${name}_left`, await context.keep(float32([rows, rank], left)));
  const rightName = draft.addInitializer(`${name}_right`, await context.keep(float32([rank, width], basis)));
  const share = percent((rank * (rows + width)) / (rows * width));
  const how = weights === null ? 'all rows alike' : 'weighed by how often rows are looked up';
  for (const gather of gathers) {
    const base = labelOf(gather);
    const reduced = draft.fresh(`${base}_reduced`);
    draft.replace(
      gather,
      [
        {
          op: 'Gather',
          name: `${base}_left`,
          inputs: [leftName, gather.inputs[1]!],
          outputs: [reduced],
          attributes: { axis: int(0) },
        },
        { op: 'MatMul', name: `${base}_right`, inputs: [reduced, rightName], outputs: [gather.outputs[0]!] },
      ],
      `table [${rows}, ${width}] as two of rank ${rank}: ${share} of its numbers, error ${percent(Math.sqrt(tails[rank / rankStep]!))} (${how})`,
    );
  }
};

/** Embedding tables of one graph as products: Gather(T, ids) → MatMul(Gather(A, ids), B), a table shared by several Gathers once. Tables with
 *  other users, such as a tied output layer, are skipped with their reason, and so are those in bodies.
 *  Errors: `optimize/worker`; `engine/cancelled`. */
export const factorTables = async (
  draft: Draft,
  settings: RankSettings & { readonly exclude: readonly string[] },
  workers: Workers,
  context: Context,
): Promise<void> => {
  const tables = new Map<string, Node[]>();
  for (const node of draft.nodes().filter(isGather)) {
    const name = node.inputs[0]!;
    const known = tables.get(name);
    const found = matches(node, settings.exclude)
      ? 'excluded by the exclude option'
      : draft.body
        ? 'it is inside a body of If, Loop or Scan'
        : tableOf(draft, node, smallest, false);
    if (typeof found === 'string') draft.skip(node, found);
    else if (draft.isOutput(name)) draft.skip(node, 'its table is an output of the model');
    else if (known === undefined) tables.set(name, [node]);
    else known.push(node);
  }
  for (const [name, gathers] of tables) {
    if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while factoring tables');
    const users = draft.consumers(name).length;
    // An excluded Gather would keep the whole table beside the factors.
    if (users > gathers.length)
      for (const gather of gathers) draft.skip(gather, 'its table is also used by an excluded node');
    else await factorTable(draft, name, gathers, settings, workers, context);
  }
};
