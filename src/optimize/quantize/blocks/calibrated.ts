import { SteelyardError, type Context, type Node } from '../../../contracts/index.ts';
import type { Draft } from '../../../model/graph/index.ts';
import { gram, observe, rowSample, type Request } from '../../calibrate/index.ts';
import { inOrder, sharedFloats, type Workers } from '../../workers/index.ts';
import { isFinite32 } from '../../algebra/matrix.ts';
import { float32, matrixOf } from '../../linear.ts';
import { assembly, type Operands } from './assemble.ts';
import { candidateScales, meanSizes } from './awq.ts';
import { emitFactors, emitUnit, type EmitSettings } from './emit.ts';
import { applyFold, foldOf } from './fold.ts';
import { groupsOf, skipUnit, unitLabel, type Group, type Unit } from './targets.ts';

/** Inputs wider than this would need a second-moment matrix of more than 2 GB. */
const widestInput = 16_384;
/** Statistics that are collected in one pass over the calibration data. */
const budgetBytes = 256 << 20;
/** Rows of inputs that AWQ looks at. */
const sampleRows = 128;
/** A scale must bring the squared error below this share of what it is without: it may cost a Mul, and the sample is small. */
const worthwhile = 0.97;
/** Columns that one job quantizes. */
const jobColumns = 64;

export interface CalibratedSettings extends EmitSettings {
  /** Search a scale per input channel (AWQ). */
  readonly scaling: boolean;
  /** Round with error propagation (GPTQ); otherwise to nearest with a searched clip. */
  readonly propagation: boolean;
  readonly actOrder: boolean;
  readonly damping: number;
}

/** What a group of units became, before anything is written. */
interface Outcome {
  /** Inputs are to be divided by these [k]; null: by 1. */
  readonly inputScale: Float32Array | null;
  /** Operands, or why not, by unit. */
  readonly results: ReadonlyMap<Unit, Operands | string>;
}

/** Σ xᵀx and sampled rows of a group's inputs. */
interface Statistics {
  readonly gram: Float32Array | null;
  readonly rows: Float32Array | null;
}

const bytesOf = ({ inputs, units }: Group, { scaling, propagation }: CalibratedSettings): number => {
  const { k } = units[0]!.linear;
  const needsRows = scaling || !propagation;
  return inputs.length * k * 4 * ((propagation ? k : 0) + (needsRows ? sampleRows : 0));
};

/** Cut a list where the sum of sizes would exceed the budget; a larger item stands alone. */
export const batchesOf = <T>(items: readonly T[], sizeOf: (item: T) => number, budget: number): T[][] => {
  const batches: T[][] = [];
  let left = 0;
  for (const item of items) {
    const size = sizeOf(item);
    if (batches.length === 0 || size > left) {
      batches.push([]);
      left = budget;
    }
    batches.at(-1)!.push(item);
    left -= size;
  }
  return batches;
};

/** One pass over the calibration data for some groups. */
const statisticsOf = async (
  draft: Draft,
  groups: readonly Group[],
  { scaling, propagation }: CalibratedSettings,
  context: Context,
): Promise<ReadonlyMap<Group, Statistics>> => {
  const requests: Request[] = [];
  const finish: (() => [Group, Statistics])[] = [];
  for (const group of groups) {
    const { k } = group.units[0]!.linear;
    const grams = propagation ? group.inputs.map(() => gram(k)) : [];
    const samples =
      scaling || !propagation
        ? group.inputs.map((input) => rowSample(k, sampleRows, context.random(`rows of ${input}`)))
        : [];
    group.inputs.forEach((value, i) => {
      if (grams[i] !== undefined) requests.push({ value, statistic: grams[i] });
      if (samples[i] !== undefined) requests.push({ value, statistic: samples[i] });
    });
    finish.push(() => {
      let sum: Float32Array | null = null;
      if (propagation) {
        sum = sharedFloats(k * k);
        for (const one of grams) {
          const matrix = one.matrix();
          for (let i = 0; i < sum.length; i++) sum[i]! += matrix[i]!;
        }
      }
      let rows: Float32Array | null = null;
      if (samples.length > 0) {
        const parts = samples.map((one) => one.rows());
        rows = sharedFloats(parts.reduce((length, part) => length + part.length, 0));
        let at = 0;
        for (const part of parts) {
          rows.set(part, at);
          at += part.length;
        }
      }
      return [group, { gram: sum, rows }];
    });
  }
  await observe(draft.model, requests, context, 'collecting statistics of the inputs');
  return new Map(finish.map((one) => one()));
};

/** The group's scale per input channel with the least error on sampled rows, summed over all weights that share the input; null when nothing
 *  beats no scale at all. */
const searchScale = async (
  weights: readonly { readonly weight: Float32Array; readonly columns: number }[],
  rows: Float32Array,
  k: number,
  { scheme }: CalibratedSettings,
  workers: Workers,
): Promise<Float32Array | null> => {
  const sizes = new Float32Array(k);
  for (const { weight, columns } of weights) {
    const own = await workers.run('blocks/row-sizes', { weight, columns, blockSize: scheme.blockSize });
    for (let i = 0; i < k; i++) sizes[i]! += own.sizes[i]! / weights.length;
  }
  const candidates = candidateScales(meanSizes(rows, k), sizes);
  const sums = new Float64Array(candidates.length / k);
  await workers.each(
    'blocks/scaling',
    weights,
    ({ weight, columns }) => ({ rows, weight, columns, candidates, scheme }),
    ({ errors }) => {
      for (let i = 0; i < sums.length; i++) sums[i]! += errors[i]!;
    },
  );
  let best = 0;
  for (let i = 1; i < sums.length; i++) if (sums[i]! < sums[best]!) best = i;
  return !(sums[best]! < worthwhile * sums[0]!) ? null : candidates.slice(best * k, (best + 1) * k);
};

/** Quantize the weights of one group. Writes nothing. */
const quantizeGroup = async (
  group: Group,
  { gram: moments, rows }: Statistics,
  settings: CalibratedSettings,
  workers: Workers,
  context: Context,
): Promise<Outcome> => {
  const { scheme, form, damping, actOrder } = settings;
  const { k } = group.units[0]!.linear;
  const results = new Map<Unit, Operands | string>();
  const fail = (reason: string): Outcome => {
    for (const unit of group.units) results.set(unit, reason);
    return { inputScale: null, results };
  };
  if (rows !== null && !isFinite32(rows)) return fail('its input holds NaN or infinity on the calibration data');
  const weights: { unit: Unit; weight: Float32Array; columns: number }[] = [];
  for (const unit of group.units) {
    const matrix = await matrixOf(unit.linear, context);
    if (matrix === null) {
      results.set(unit, `the weight ${unit.linear.weightName} holds NaN or infinity`);
      continue;
    }
    const weight = sharedFloats(matrix.length);
    weight.set(matrix);
    weights.push({ unit, weight, columns: unit.linear.n });
  }
  if (weights.length === 0) return { inputScale: null, results };
  const inputScale = settings.scaling && rows !== null ? await searchScale(weights, rows, k, settings, workers) : null;
  const factored =
    moments === null
      ? null
      : (await workers.run('blocks/factor', { gram: moments, k, damping, actOrder, inputScale })).found;
  if (moments !== null && factored === null) return fail('its input holds NaN or infinity on the calibration data');
  const grams =
    rows === null || factored !== null
      ? null
      : (await workers.run('blocks/grams', { rows, k, blockSize: scheme.blockSize, inputScale })).grams;
  for (const { unit, weight, columns } of weights) {
    const result = assembly(k, columns, scheme, form);
    const starts = Array.from({ length: Math.ceil(columns / jobColumns) }, (_, i) => i * jobColumns);
    const common = (from: number) => ({
      weight,
      all: columns,
      from,
      to: Math.min(columns, from + jobColumns),
      inputScale,
      scheme,
      packed: form === 'nbits',
    });
    const take = (part: Parameters<typeof result.place>[0], from: number): void =>
      result.place(part, k, Math.min(columns, from + jobColumns) - from, 0, from);
    if (factored !== null) {
      const { table, order, diagonal: importance } = factored;
      await workers.each('blocks/propagate', starts, (from) => ({ ...common(from), table, order, importance }), take);
    } else await workers.each('blocks/clip', starts, (from) => ({ ...common(from), grams: grams! }), take);
    results.set(unit, result.done());
  }
  return { inputScale, results };
};

/** Quantize all units of the main graph with what calibration data tells about their inputs. Inputs are those of the float model: each layer
 *  is fitted as if the layers before it were exact.
 *  Errors: `optimize/calibration` when the data has no rows; `optimize/worker`; `runtime/…`; `engine/cancelled`. */
export const quantizeCalibrated = async (
  draft: Draft,
  units: readonly Unit[],
  settings: CalibratedSettings,
  workers: Workers,
  context: Context,
): Promise<void> => {
  const fit: Unit[] = [];
  for (const unit of units) {
    if (unit.linear.k <= widestInput) fit.push(unit);
    else
      skipUnit(
        draft,
        unit,
        `its inner size ${unit.linear.k} is above ${widestInput}: what the method must know about its inputs does not fit in memory`,
      );
  }
  const places = new Map<Node, number>(draft.nodes().map((node, at) => [node, at]));
  const lastOf = (group: Group): number =>
    Math.max(...group.units.flatMap(({ linears }) => linears.map(({ node }) => places.get(node)!)));
  // Later layers first: what they ask of the layer before them is known when its turn comes.
  const groups = groupsOf(fit).toSorted((a, b) => lastOf(b) - lastOf(a));
  const byNode = new Map(fit.flatMap((unit) => unit.linears.map(({ node }) => [node, unit] as const)));
  const factors = new Map<Unit, Float32Array>();
  let done = 0;
  for (const batch of batchesOf(groups, (group) => bytesOf(group, settings), budgetBytes)) {
    const statistics = new Map(await statisticsOf(draft, batch, settings, context));
    await inOrder(
      batch,
      // Two groups at a time: while one is factored in a single thread, the other keeps the rest busy.
      2,
      (group) => {
        if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while quantizing');
        const own = statistics.get(group)!;
        statistics.delete(group);
        return quantizeGroup(group, own, settings, workers, context);
      },
      async ({ inputScale, results }, group) => {
        context.progress({
          label: 'quantizing weights',
          done: (done += group.units.length),
          total: fit.length,
          detail: unitLabel(group.units[0]!),
        });
        const inputs = new Map<string, string>();
        if (inputScale !== null) {
          const inverse = inputScale.map((scale) => 1 / scale);
          for (const input of group.inputs) {
            const users = new Set(
              group.units
                .filter((unit) => typeof results.get(unit) !== 'string')
                .flatMap(({ linears }) => linears.filter((linear) => linear.input === input).map(({ node }) => node)),
            );
            const fold = foldOf(draft, input, inverse.length, users, (node) => byNode.get(node));
            if (fold !== null && fold.units.every((unit) => !factors.has(unit) && !group.units.includes(unit))) {
              await applyFold(draft, fold, inverse, context);
              for (const unit of fold.units) factors.set(unit, inverse);
              continue;
            }
            const scaled = draft.fresh(`${input}_scaled`);
            const by = draft.addInitializer(`${input}_scale`, float32([inverse.length], inverse));
            draft.insert([{ op: 'Mul', name: `${input}_awq`, inputs: [input, by], outputs: [scaled] }]);
            inputs.set(input, scaled);
          }
        }
        for (const unit of group.units) {
          const result = results.get(unit)!;
          const factor = factors.get(unit) ?? null;
          if (typeof result !== 'string')
            await emitUnit(draft, unit, result, settings, context, (name) => inputs.get(name) ?? name, factor);
          else {
            skipUnit(draft, unit, result);
            if (factor !== null) emitFactors(draft, unit, factor);
          }
        }
      },
    );
  }
};
