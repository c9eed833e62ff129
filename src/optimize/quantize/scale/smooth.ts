import { SteelyardError, defineTechnique } from '../../../contracts/index.ts';
import type { Context, Refusal } from '../../../contracts/index.ts';
import { edit, labelOf, type Draft } from '../../../model/graph/index.ts';
import { channelMaxima, observe, rowSample } from '../../calibrate/index.ts';
import { float32, hasLinear, linears, matrixOf, type Linear } from '../../linear.ts';
import { inverse, largest, multiply, type Operand } from './axis.ts';
import { sourceOf, type Source } from './producers.ts';
import { multiplied, outputError, smoothingFactors, type Reader } from './search.ts';

const alphas = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/** The error that must be left, as a share of the one before. Small gains on a few rows do not carry over to the model's outputs, and an
 *  inserted multiplication costs time. */
const worthFolding = 0.9;
const worthInserting = 0.7;

/** A positive factor passes through these. */
const passing: ReadonlySet<string> = new Set(['Identity', 'Relu']);

interface Group {
  readonly value: string;
  readonly channels: number;
  readonly readers: readonly Linear[];
  /** Constants that take the factors; null: a multiplication is inserted. */
  readonly source: Source | null;
}

const groupsOf = (draft: Draft, targets: readonly Linear[], insert: boolean): Group[] => {
  const byInput = new Map<string, Linear[]>();
  for (const linear of targets) byInput.set(linear.input, [...(byInput.get(linear.input) ?? []), linear]);
  const groups: Group[] = [];
  for (const [value, readers] of byInput) {
    const [first] = readers;
    if (first === undefined) continue;
    const refuse = (reason: string): void => {
      for (const { node } of readers) draft.skip(node, reason);
    };
    const channels = first.k;
    const nodes = new Set(readers.map(({ node }) => node));
    // Shape reads no numbers; everybody else would see the factors.
    const others = draft.consumers(value).some((node) => !nodes.has(node) && node.op !== 'Shape');
    const twice = readers.some(({ node }) => node.inputs.filter((name) => name === value).length > 1);
    const shared = others || twice || draft.isOutput(value) || draft.capturedBySubgraph(value);
    const source = shared ? null : sourceOf(draft, value, channels, passing);
    if (source === null && !insert)
      refuse(
        shared
          ? 'its input has other users, such as a residual, which the factors would change: set insert to multiply beside them'
          : 'its input does not come from constants that could take the factors: set insert to multiply in between',
      );
    else if (draft.constant(value) !== null) refuse('its input is constant');
    else if (readers.some(({ weightName }) => draft.consumers(weightName).some((node) => !nodes.has(node))))
      refuse('a weight has other users: balanced, it would be stored twice');
    else groups.push({ value, channels, readers, source });
  }
  return groups;
};

const weightOf = ({ node, transB }: Linear): Operand => ({
  output: node.outputs[0] ?? '',
  position: 1,
  axis: transB ? 1 : 0,
});

interface Choice {
  readonly alpha: number;
  readonly factors: Float32Array;
  readonly before: number;
  readonly after: number;
}

/** The α whose factors leave the least error, or why none helps. */
const choose = async (
  group: Group,
  maxima: Float32Array,
  rows: Float32Array,
  context: Context,
): Promise<Choice | string> => {
  const readers: Reader[] = [];
  const weights = new Float32Array(group.channels);
  for (const linear of group.readers) {
    const matrix = await matrixOf(linear, context);
    if (matrix === null) return `the weight ${linear.weightName} holds NaN or infinity`;
    readers.push({ matrix, columns: linear.n });
    largest(matrix, [linear.k, linear.n], 0).forEach((size, i) => {
      weights[i] = Math.max(weights[i]!, size);
    });
  }
  if (rows.length === 0) return 'calibration saw no rows of its input';
  if (maxima.some((size) => !Number.isFinite(size)) || rows.some((value) => !Number.isFinite(value)))
    return `calibration saw NaN or infinity in ${group.value}`;
  const exact = readers.map(({ matrix, columns }) => multiplied(rows, matrix, group.channels, columns));
  const before = outputError(rows, readers, exact, new Float32Array(group.channels).fill(1));
  let best: Choice | null = null;
  for (const alpha of alphas) {
    const factors = smoothingFactors(maxima, weights, alpha);
    const after = outputError(rows, readers, exact, factors);
    if (best === null || after < best.after) best = { alpha, factors, before, after };
  }
  const enough = group.source === null ? worthInserting : worthFolding;
  return best !== null && Math.sqrt(best.after) < enough * Math.sqrt(before)
    ? best
    : 'no factors lower the error of its 8-bit product enough to matter';
};

const applyTo = async (draft: Draft, group: Group, choice: Choice, context: Context): Promise<void> => {
  const { value, readers, source, channels } = group;
  const share = (error: number): string => `${(100 * Math.sqrt(error)).toPrecision(2)} %`;
  const what = `input channels balanced with alpha ${choice.alpha}: error ${share(choice.before)} → ${share(choice.after)}`;
  const divide = inverse(choice.factors);
  // Two nodes with one weight share the scaled one.
  const made = new Map<string, string>();
  for (const linear of readers) await multiply(draft, weightOf(linear), choice.factors, context, what, made);
  if (source !== null) {
    for (const operand of source.operands)
      await multiply(draft, operand, divide, context, `${source.what} takes the factors of what it feeds`);
    return;
  }
  const factors = draft.addInitializer(`${value}_factors`, float32([channels], divide));
  const balanced = draft.fresh(`${value}_balanced`);
  draft.insert([{ op: 'Mul', name: `${value}_balance`, inputs: [value, factors], outputs: [balanced] }]);
  for (const { node } of readers) {
    const current = draft.producer(node.outputs[0] ?? '');
    if (current === undefined) continue;
    draft.replace(
      current,
      [{ ...current, inputs: current.inputs.map((name, i) => (i === 0 ? balanced : name)) }],
      `reads ${value} behind an inserted multiplication`,
    );
  }
};

/** SmoothQuant: large input channels are divided by factors, and the weight rows that read them multiplied.
 *  Shapes: unchanged. Errors: `optimize/calibration` without calibration data; `engine/cancelled`.
 *  Source: Xiao et al. 2023, "SmoothQuant". */
export const smooth = defineTechnique({
  id: 'quantize/smooth',
  version: 3,
  title: 'Balanced activations',
  source: 'Xiao et al. 2023, "SmoothQuant", equation 4',
  summary:
    'Moves the difficulty of large activation channels into the weights, so that 8-bit activations lose less; the model computes the same. ' +
    'Factors go into the normalization or the product before, shared by all layers that read the value; their strength is searched on calibration rows. ' +
    'Run it before dynamic or static quantization.',
  fileSuffix: null,
  needs: { calibration: 'required', training: false },
  options: {
    insert: {
      kind: 'boolean',
      default: false,
      description: 'Insert a multiplication where the factors fit into no constants, as behind a residual.',
    },
    rows: {
      kind: 'integer',
      default: 48,
      min: 4,
      max: 512,
      description: 'Calibration rows on which each strength is tried.',
    },
    exclude: {
      kind: 'names',
      default: [],
      description: 'Node names or outputs to leave as they are; * matches any characters.',
    },
  },
  place: { stage: 'scales', saves: [], with: ['quantize/dynamic', 'quantize/static'] },
  tolerance: () => 1e-3,
  check: ({ graph }): Refusal | null =>
    hasLinear(graph.nodes) ? null : { reason: 'the graph has no MatMul or Gemm', nodes: [] },
  async apply(model, options, context) {
    const draft = edit(model);
    const groups = groupsOf(draft, linears(draft, options.exclude), options.insert);
    if (groups.length === 0) return draft.done();
    const watches = groups.map((group, index) => ({
      group,
      maxima: channelMaxima(group.channels),
      rows: rowSample(group.channels, options.rows, context.random(`smooth ${index}`)),
    }));
    await observe(
      model,
      watches.flatMap(({ group, maxima, rows }) => [
        { value: group.value, statistic: maxima },
        { value: group.value, statistic: rows },
      ]),
      context,
    );
    for (const [index, { group, maxima, rows }] of watches.entries()) {
      if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while balancing');
      context.progress({
        label: 'balancing',
        done: index,
        total: watches.length,
        detail: labelOf(group.readers[0]!.node),
      });
      const choice = await choose(group, maxima.values, rows.rows(), context);
      if (typeof choice === 'string') for (const { node } of group.readers) draft.skip(node, choice);
      else await applyTo(draft, group, choice, context);
    }
    return draft.done();
  },
});
