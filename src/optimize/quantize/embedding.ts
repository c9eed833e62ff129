import { SteelyardError, defineTechnique, type Context, type Node } from '../../contracts/index.ts';
import { cannotRaise, editEach, graphsOf, int, intOf, labelOf, onRaised, type Draft } from '../../model/graph/index.ts';
import { toFloat32 } from '../../model/tensor/index.ts';
import { isFinite32, quantizeRows } from './arithmetic.ts';
import { float32, inline, matches } from './linear.ts';

/** The first operator set with DequantizeLinear. */
const dequantizeOpset = 10;

const isGather = (node: Node): boolean => node.domain === '' && node.op === 'Gather';

/** Why a Gather's table cannot be stored in int8, or null. */
const obstacle = (draft: Draft, node: Node, smallest: number): string | null => {
  const name = node.inputs[0]!;
  const table = draft.constant(name);
  if (draft.captured(name) !== null) return `its table ${name} is a weight of the graph around its body`;
  if (table === null) return 'its table is not constant';
  if (table.dtype !== 'float32') return `its table is ${table.dtype}, not float32`;
  if (table.dims.length !== 2) return `its table has ${table.dims.length} dimensions, expected 2`;
  if (intOf(node, 'axis', 0) !== 0) return 'it gathers along an axis other than 0';
  if (table.dims[0]! * table.dims[1]! < smallest) return `its table has fewer than ${smallest} values`;
  if (draft.capturedBySubgraph(name)) return 'its table is also used inside a subgraph';
  const other = draft.consumers(name).find((one) => !isGather(one) || one.inputs[0] !== name);
  return other === undefined ? null : `its table is also used by ${labelOf(other)}`;
};

interface Settings {
  readonly granularity: string;
  readonly minValues: number;
  readonly exclude: readonly string[];
}

/** Every Gather of one graph whose table can be stored in int8. */
const quantizeTables = async (draft: Draft, options: Settings, context: Context): Promise<void> => {
  const tables = new Map<string, { codes: string; scale: string }>();
  for (const node of draft.nodes().filter(isGather)) {
    if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while quantizing');
    const name = node.inputs[0]!;
    const why = matches(node, options.exclude)
      ? 'excluded by the exclude option'
      : tables.has(name)
        ? null
        : obstacle(draft, node, options.minValues);
    if (why !== null) {
      draft.skip(node, why);
      continue;
    }
    const perRow = options.granularity === 'row';
    let table = tables.get(name);
    if (table === undefined) {
      const stored = draft.constant(name)!;
      const [rows, width] = stored.dims as [number, number];
      const values = toFloat32('float32', await context.bytes(stored));
      if (!isFinite32(values)) {
        draft.skip(node, `its table ${name} holds NaN or infinity`);
        continue;
      }
      const { codes, scales } = quantizeRows(values, width, perRow);
      table = {
        codes: draft.addInitializer(`${name}_quantized`, await context.keep(inline('int8', [rows, width], codes))),
        scale: draft.addInitializer(`${name}_scale`, await context.keep(float32(perRow ? [rows, 1] : [], scales))),
      };
      tables.set(name, table);
    }
    const base = labelOf(node);
    const indices = node.inputs[1]!;
    const output = node.outputs[0]!;
    const codes = draft.fresh(`${base}_codes`);
    const gather = { op: 'Gather', attributes: { axis: int(0) } };
    const gathered = { ...gather, name: `${base}_quant`, inputs: [table.codes, indices], outputs: [codes] };
    if (!perRow) {
      draft.replace(
        node,
        [
          gathered,
          { op: 'DequantizeLinear', name: `${base}_dequant`, inputs: [codes, table.scale], outputs: [output] },
        ],
        'Gather from an int8 table',
      );
      continue;
    }
    const floating = draft.fresh(`${base}_float`);
    const scale = draft.fresh(`${base}_scale`);
    draft.replace(
      node,
      [
        gathered,
        { op: 'Cast', name: `${base}_cast`, inputs: [codes], outputs: [floating], attributes: { to: int(1) } },
        { ...gather, name: `${base}_scales`, inputs: [table.scale, indices], outputs: [scale] },
        { op: 'Mul', name: `${base}_dequant`, inputs: [floating, scale], outputs: [output] },
      ],
      'Gather from an int8 table with one scale per row',
    );
  }
};

/** Embedding tables in int8: Gather(table) → Cast(Gather(codes)) · Gather(scales).
 *  In bodies of If, Loop and Scan too, where the table is the body's own.
 *  Shapes: unchanged. Errors: none of its own. Source: ONNX Gather; per-row symmetric quantization. */
export const embedding = defineTechnique({
  id: 'quantize/embedding',
  version: 2,
  title: 'int8 embeddings',
  source: 'ONNX operators Gather and DequantizeLinear; symmetric int8 as in Jacob et al. 2018, §2.1',
  summary:
    'Stores embedding tables as 8-bit integers and turns only the gathered rows back into float32. ' +
    'Makes the file much smaller where the vocabulary is large; speed hardly changes.',
  fileSuffix: 'quantized',
  needs: { calibration: 'none', training: false },
  options: {
    granularity: {
      kind: 'choice',
      choices: ['row', 'table'],
      default: 'row',
      description: 'One scale per row (finer) or one for the whole table (fewer operators).',
      search: ['row', 'table'],
    },
    minValues: {
      kind: 'integer',
      default: 4096,
      min: 1,
      max: 1_000_000_000,
      description: 'Leave smaller tables in float32: they save nothing.',
    },
    exclude: {
      kind: 'names',
      default: [],
      description: 'Node names or outputs to leave in float32; * matches any characters.',
    },
  },
  tolerance: () => 0.1,
  check: (model) =>
    cannotRaise(model, dequantizeOpset) ??
    (graphsOf(model).some((graph) => graph.nodes.some(isGather))
      ? null
      : { reason: 'the graph has no Gather', nodes: [] }),
  apply: (model, options, context) =>
    onRaised(model, dequantizeOpset, (raised) => editEach(raised, (draft) => quantizeTables(draft, options, context))),
});
