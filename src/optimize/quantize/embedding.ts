import { SteelyardError, defineTechnique, type Context } from '../../contracts/index.ts';
import { cannotRaise, editEach, graphsOf, int, labelOf, onRaised, type Draft } from '../../model/graph/index.ts';
import { withWorkers } from '../workers/index.ts';
import { quantizeTableBlocks } from './embedding-blocks.ts';
import { codeTable } from './embedding-rows.ts';
import { isGather, tableOf } from './embedding-tables.ts';
import { float32, inline, matches } from '../linear.ts';

/** The first operator set with DequantizeLinear. */
const dequantizeOpset = 10;

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
        : tableOf(draft, node, options.minValues, false);
    if (typeof why === 'string') {
      draft.skip(node, why);
      continue;
    }
    const perRow = options.granularity === 'row';
    let table = tables.get(name);
    if (table === undefined) {
      const stored = draft.constant(name)!;
      const [rows, width] = stored.dims as [number, number];
      const made = await codeTable(stored, perRow, context);
      if (made === null) {
        draft.skip(node, `its table ${name} holds NaN or infinity`);
        continue;
      }
      const { codes, scales } = made;
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

/** Embedding tables in few bits. Rows: Gather(table) → Cast(Gather(codes)) · Gather(scales). Blocks: GatherBlockQuantized.
 *  In bodies of If, Loop and Scan too, where the table is the body's own.
 *  Shapes: unchanged. Errors: none of its own. Source: ONNX Gather; per-row symmetric quantization;
 *  com.microsoft GatherBlockQuantized. */
export const embedding = defineTechnique({
  id: 'quantize/embedding',
  version: 9,
  title: 'Few-bit embeddings',
  source:
    'ONNX operators Gather and DequantizeLinear; symmetric int8 as in Jacob et al. 2018, §2.1; ONNX Runtime contrib operator com.microsoft.GatherBlockQuantized',
  summary:
    'Stores embedding tables in 8 or 4 bits and turns only the gathered rows back into float32. ' +
    'Makes the file much smaller where the vocabulary is large; speed hardly changes. ' +
    'Rows are standard ONNX; blocks run in ONNX Runtime only and are shared with an output layer that uses the same table.',
  fileSuffix: 'quantized',
  needs: { calibration: 'none', training: false },
  options: {
    form: {
      kind: 'choice',
      choices: ['rows', 'blocks'],
      default: 'rows',
      description:
        'rows: 8 bits with scales by row or table. blocks: 8 or 4 bits with a scale and a zero point per block.',
      search: ['rows', 'blocks'],
    },
    bits: {
      kind: 'choice',
      choices: ['8', '4'],
      default: '8',
      description: 'Bits per value; 4 needs form blocks.',
      search: ['4'],
      searchWhen: { form: ['blocks'] },
    },
    blockSize: {
      kind: 'choice',
      choices: ['16', '32', '64', '128', '256'],
      default: '32',
      description: 'Values of a row that share a scale, for form blocks.',
      search: ['32', '64'],
      searchWhen: { form: ['blocks'] },
    },
    fit: {
      kind: 'choice',
      choices: ['search', 'range'],
      default: 'search',
      description:
        'How a block gets its scale and zero point, for form blocks: search takes the least squared error (k-quant), range covers all values, with about 4 % more error.',
    },
    scaleType: {
      kind: 'choice',
      choices: ['float16', 'float32'],
      default: 'float16',
      description:
        'How scales are stored, for form blocks: float16 takes half the bytes and is turned into float32 once while the model loads; codes are chosen for the stored scales. A table with scales beyond float16 keeps float32.',
    },
    granularity: {
      kind: 'choice',
      choices: ['row', 'table'],
      default: 'row',
      description: 'One scale per row (finer) or one for the whole table (fewer operators), for form rows.',
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
  place: { stage: 'tables', saves: ['bytes'], quick: true },
  tolerance: ({ bits }) => (bits === '4' ? 0.4 : 0.1),
  check: (model, { form, bits }) =>
    (form === 'rows' && bits === '4'
      ? { reason: 'form rows stores 8 bits: 4 bits need form blocks', nodes: [] }
      : null) ??
    (form === 'rows' ? cannotRaise(model, dequantizeOpset) : null) ??
    (graphsOf(model).some((graph) => graph.nodes.some(isGather))
      ? null
      : { reason: 'the graph has no Gather', nodes: [] }),
  apply: (model, options, context) => {
    if (options.form === 'blocks')
      return withWorkers(context, (workers) =>
        editEach(model, (draft) =>
          quantizeTableBlocks(
            draft,
            {
              ...options,
              bits: options.bits === '4' ? 4 : 8,
              blockSize: Number(options.blockSize),
              fit: options.fit === 'range' ? 'range' : 'search',
              scaleType: options.scaleType === 'float32' ? 'float32' : 'float16',
            },
            workers,
            context,
          ),
        ),
      );
    return onRaised(model, dequantizeOpset, (raised) =>
      editEach(raised, (draft) => quantizeTables(draft, options, context)),
    );
  },
});
