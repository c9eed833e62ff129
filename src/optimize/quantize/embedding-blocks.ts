import { SteelyardError, type Context, type Tensor } from '../../contracts/index.ts';
import { int, labelOf, type Draft } from '../../model/graph/index.ts';
import { floatsToHalf, toFloat32 } from '../../model/tensor/index.ts';
import type { Workers } from '../workers/index.ts';
import { packRows } from './blocks/pack.ts';
import { nearValues, slabsOf } from './blocks/slabs.ts';
import type { BlockScheme } from './blocks/types.ts';
import { isGather, tableOf, type Tied } from './embedding-tables.ts';
import { float32, inline, matches } from '../linear.ts';

export interface BlockSettings {
  readonly bits: 4 | 8;
  readonly blockSize: number;
  readonly fit: 'range' | 'search';
  readonly scaleType: 'float16' | 'float32';
  readonly minValues: number;
  readonly exclude: readonly string[];
}

interface Table {
  readonly operands: readonly [codes: string, scales: string, zeros: string];
  readonly rows: number;
  readonly width: number;
}

interface Coded {
  readonly codes: Uint8Array;
  readonly scales: Float32Array;
  readonly zeros: Uint8Array;
}

/** Codes of a table, read and coded some rows at a time; null when it holds NaN or infinity.
 *  Shapes: [rows, width] → codes uint8 [rows, width · bits / 8], scales [rows, blocks], zeros [rows, blocks]. */
const codedTable = async (
  table: Tensor,
  scheme: BlockScheme,
  { fit, scaleType }: Pick<BlockSettings, 'fit' | 'scaleType'>,
  workers: Workers,
  context: Context,
): Promise<Coded | null> => {
  const [rows, width] = table.dims as [number, number];
  const { bits, blockSize } = scheme;
  const blocks = Math.ceil(width / blockSize);
  const bytes = (width * bits) / 8;
  const codes = new Uint8Array(rows * bytes);
  const scales = new Float32Array(rows * blocks);
  const zeros = new Uint8Array(rows * blocks);
  let finite = true;
  await workers.each(
    'blocks/rows',
    // A table is a stored matrix [n, k]: its slabs are whole rows.
    slabsOf({ weight: table, transB: true, alpha: 1, n: rows, k: width }, blockSize, nearValues),
    async ({ tensor }, take) => ({
      values: toFloat32('float32', await context.bytes(tensor, take)),
      width,
      scheme,
      fit,
      scaleType,
    }),
    (part, { firstColumn: row }) => {
      finite &&= part.finite;
      if (!finite) return;
      codes.set(part.codes, row * bytes);
      scales.set(part.scales, row * blocks);
      zeros.set(part.zeros, row * blocks);
    },
  );
  return finite ? { codes, scales, zeros } : null;
};

/** Scales that float16 keeps well enough: below the least of them fewer than six of the eleven bits would be left. */
const leastHalf = 2 ** -18;
const mostHalf = 65504;
const fitsHalf = (scales: Float32Array): boolean => {
  for (const scale of scales) if (!(scale === 0 || (scale >= leastHalf && scale <= mostHalf))) return false;
  return true;
};

/** Adds scales as a weight, in float16 as Cast(float16 weight), which ONNX Runtime computes once while loading; answers the name to use. */
const addScales = async (
  draft: Draft,
  name: string,
  dims: readonly number[],
  scales: Float32Array,
  type: BlockSettings['scaleType'],
  context: Context,
): Promise<string> => {
  if (type === 'float32') return draft.addInitializer(name, await context.keep(float32(dims, scales)));
  const stored = draft.addInitializer(
    `${name}_fp16`,
    await context.keep(inline('float16', dims, floatsToHalf(scales))),
  );
  const wide = draft.fresh(name);
  draft.insert([
    { op: 'Cast', name: `${name}_to_fp32`, inputs: [stored], outputs: [wide], attributes: { to: int(1) } },
  ]);
  return wide;
};

/** Codes, scales and zero points of a table as weights; null when it holds NaN or infinity. Scales beyond float16 are stored in float32.
 *  Shapes: codes uint8 [rows, width · bits / 8], scales [rows, blocks], zero points uint8 [rows, ceil(blocks · bits / 8)]. */
const addTable = async (
  draft: Draft,
  name: string,
  scheme: BlockScheme,
  settings: BlockSettings,
  workers: Workers,
  context: Context,
): Promise<Table | null> => {
  const table = draft.constant(name)!;
  const [rows, width] = table.dims as [number, number];
  const { bits } = scheme;
  let { scaleType } = settings;
  let coded = await codedTable(table, scheme, settings, workers, context);
  if (coded !== null && scaleType === 'float16' && !fitsHalf(coded.scales)) {
    scaleType = 'float32';
    coded = await codedTable(table, scheme, { ...settings, scaleType }, workers, context);
  }
  if (coded === null) return null;
  const { codes, scales, zeros } = coded;
  const blocks = scales.length / rows;
  const add = async (hint: string, dims: readonly number[], bytes: Uint8Array): Promise<string> =>
    draft.addInitializer(`${name}_${hint}`, await context.keep(inline('uint8', dims, bytes)));
  return {
    rows,
    width,
    operands: [
      await add(`q${bits}`, [rows, codes.length / rows], codes),
      await addScales(draft, `${name}_scales`, [rows, blocks], scales, scaleType, context),
      await add('zero_points', [rows, Math.ceil((blocks * bits) / 8)], packRows(zeros, blocks, bits)),
    ],
  };
};

/** The output layer that shares the table: MatMulNBits over the same bytes, which only need another shape. */
const replaceTied = (
  draft: Draft,
  products: readonly Tied[],
  { operands: [codes, scales, zeros], rows, width }: Table,
  { bits, blockSize }: BlockScheme,
): void => {
  if (products.length === 0) return;
  const blocks = width / blockSize;
  const shape = draft.addInitializer(
    `${codes}_shape`,
    inline('int64', [3], BigInt64Array.of(BigInt(rows), BigInt(blocks), BigInt((blockSize * bits) / 8))),
  );
  const seen = draft.fresh(`${codes}_blocks`);
  draft.insert([{ op: 'Reshape', inputs: [codes, shape], outputs: [seen] }]);
  for (const { node, input, bias } of products) {
    const base = labelOf(node);
    const output = node.outputs[0]!;
    const product = bias === null ? output : draft.fresh(`${base}_product`);
    draft.replace(
      node,
      [
        {
          op: 'MatMulNBits',
          domain: 'com.microsoft',
          name: `${base}_q${bits}`,
          inputs: [input, seen, scales, zeros],
          outputs: [product],
          attributes: {
            K: int(width),
            N: int(rows),
            bits: int(bits),
            block_size: int(blockSize),
            accuracy_level: int(4),
          },
        },
        ...(bias === null ? [] : [{ op: 'Add', name: `${base}_bias`, inputs: [product, bias], outputs: [output] }]),
      ],
      `${node.op} with the ${bits}-bit table of the embedding`,
    );
  }
};

/** Every Gather of one graph whose table can be stored in blocks, as GatherBlockQuantized; an output layer that shares the table uses the same
 *  codes. Scales and integer zero points by each block's range, or by k-quant search.
 *  Shapes: unchanged. Errors: `engine/cancelled`, `optimize/worker`. Source: ONNX Runtime contrib operator GatherBlockQuantized. */
export const quantizeTableBlocks = async (
  draft: Draft,
  settings: BlockSettings,
  workers: Workers,
  context: Context,
): Promise<void> => {
  const scheme: BlockScheme = { bits: settings.bits, blockSize: settings.blockSize, symmetric: false };
  const tables = new Map<string, Table>();
  for (const node of draft.nodes().filter(isGather)) {
    if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while quantizing');
    const name = node.inputs[0]!;
    if (matches(node, settings.exclude)) {
      draft.skip(node, 'excluded by the exclude option');
      continue;
    }
    let table = tables.get(name);
    if (table === undefined) {
      const width = draft.constant(name)?.dims[1] ?? 0;
      const found = tableOf(draft, node, settings.minValues, width % settings.blockSize === 0);
      if (typeof found === 'string') {
        draft.skip(node, found);
        continue;
      }
      if ((width * settings.bits) % 8 !== 0) {
        draft.skip(node, `the rows of its table have an odd number of values, ${width}: they do not fill whole bytes`);
        continue;
      }
      if (draft.consumers(name).some((one) => isGather(one) && matches(one, settings.exclude))) {
        draft.skip(node, 'its table is also used by a Gather that is excluded');
        continue;
      }
      const made = await addTable(draft, name, scheme, settings, workers, context);
      if (made === null) {
        draft.skip(node, `its table ${name} holds NaN or infinity`);
        continue;
      }
      table = made;
      tables.set(name, table);
      draft.requireOpset('com.microsoft', 1);
      replaceTied(draft, found.tied, table, scheme);
    }
    const [codes, scales, zeros] = table.operands;
    draft.replace(
      node,
      [
        {
          op: 'GatherBlockQuantized',
          domain: 'com.microsoft',
          name: `${labelOf(node)}_q${settings.bits}`,
          inputs: [codes, node.inputs[1]!, scales, zeros],
          outputs: [node.outputs[0]!],
          attributes: {
            bits: int(settings.bits),
            block_size: int(settings.blockSize),
            gather_axis: int(0),
            quantize_axis: int(1),
          },
        },
      ],
      `Gather from a ${settings.bits}-bit table in blocks of ${settings.blockSize}`,
    );
  }
};
