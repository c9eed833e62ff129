import type { DataType, KernelFamily, Node } from '../../contracts/index.ts';
import { intOf } from '../../model/graph/index.ts';
import { isFewBits, sourceOf, tensorOf, throughLayout, type Place, type Scope } from './scopes.ts';

export interface Kernel {
  /** "int8 (u8×s8)". */
  readonly label: string;
  readonly family: KernelFamily;
  /** It multiplies integers. */
  readonly integer: boolean;
  /** It does matrix work or looks up a table: worth a row of its own. */
  readonly row: boolean;
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

const floatMatrix = words(
  'MatMul Gemm FusedMatMul FusedGemm FusedMatMulActivation TransposeMatMul Conv FusedConv NhwcFusedConv ConvTranspose Einsum LSTM GRU RNN ' +
    'Attention MultiHeadAttention GroupQueryAttention DecoderMaskedMultiHeadAttention DecoderMaskedSelfAttention SparseAttention LinearAttention',
);
const integerMatrix = words(
  'MatMulInteger ConvInteger MatMulInteger16 DynamicQuantizeMatMul MatMulIntegerToFloat QLinearMatMul QGemm QLinearConv QAttention DynamicQuantizeLSTM QMoE',
);
const dynamic = words('DynamicQuantizeMatMul DynamicQuantizeLSTM');
const conversions = words(
  'QuantizeLinear DequantizeLinear DynamicQuantizeLinear Cast ReorderInput ReorderOutput QuantizeBFP DequantizeBFP',
);
const control = words('If Loop Scan SequenceMap');

/** Position of the second factor. */
const second: Readonly<Record<string, number>> = { QLinearMatMul: 3, QGemm: 3, QLinearConv: 3 };

/** Whether a node only holds other nodes: its own time is theirs. */
export const isControl = ({ op, domain }: Node): boolean => domain === '' && control.has(op);

const short = (dtype: DataType | null): string =>
  dtype === null ? '?' : dtype.replace(/^uint/, 'u').replace(/^int/, 's');

/** The names that the profiler uses, where they differ from ours. */
const profiled: Readonly<Record<string, DataType>> = { float: 'float32', double: 'float64' };
export const typeOfProfile = (name: string | undefined): DataType | null =>
  name === undefined ? null : (profiled[name] ?? (name as DataType));

/** Type of an input as the graph says it: a constant's, or what quantizes it. */
const typeOf = (name: string | undefined, scope: Scope): DataType | null => {
  if (name === undefined || name === '') return null;
  const source = sourceOf(name, scope);
  if (source?.kind === 'tensor') return source.tensor.dtype;
  return source?.kind === 'node' && source.node.op === 'DynamicQuantizeLinear' ? 'uint8' : null;
};

const blockwise = ({ node, scope }: Place): Kernel => {
  const bits = intOf(node, 'bits', 4);
  const level = intOf(node, 'accuracy_level', 0);
  const slow = unpackedEachCall(node, scope);
  const how = slow !== null ? 'unpacked at each call' : level === 4 ? 'int8 compute' : 'float32 compute';
  return {
    label: `${bits}-bit (accuracy level ${level}, ${how})`,
    family: 'blockwise',
    integer: slow === null && level === 4,
    row: true,
  };
};

/** Why MatMulNBits has no packed kernel and dequantizes its whole matrix at each call; null when it has one. */
export const unpackedEachCall = (node: Node, scope: Scope): string | null => {
  const zeroPoints = tensorOf(node.inputs[3], scope);
  if (zeroPoints !== null && !isFewBits(zeroPoints.dtype))
    return `its zero points are ${zeroPoints.dtype}: only whole ones (uint8) have a fast kernel, so the whole matrix is dequantized at each call`;
  if ((node.inputs[4] ?? '') !== '')
    return 'its rows are reordered (g_idx): no fast kernel does that, so the whole matrix is dequantized at each call';
  if (intOf(node, 'bits', 4) === 8 && intOf(node, 'accuracy_level', 0) < 4)
    return `8-bit blocks have a kernel at accuracy level 4 only; at level ${intOf(node, 'accuracy_level', 0)} the whole matrix is dequantized at each call`;
  return null;
};

/** Which kernel runs a node of the optimized graph. `first`: type of its first input as the profile saw it. */
export const kernelOf = (place: Place, first: DataType | null): Kernel => {
  const { node, scope } = place;
  const { op } = node;
  const other: Kernel = { label: 'other operators', family: 'other', integer: false, row: false };
  if (op === 'MatMulNBits') return blockwise(place);
  if (integerMatrix.has(op)) {
    const a = dynamic.has(op) ? 'uint8' : (typeOf(node.inputs[0], scope) ?? first);
    const b = typeOf(node.inputs[second[op] ?? 1], scope);
    const from = sourceOf(node.inputs[0] ?? '', scope);
    const atRunTime = dynamic.has(op) || (from?.kind === 'node' && from.node.op === 'DynamicQuantizeLinear');
    return {
      label: `int8${atRunTime ? ' dynamic' : ''} (${short(a)}×${short(b)})`,
      family: 'integer',
      integer: true,
      row: true,
    };
  }
  if (op === 'GatherBlockQuantized')
    return { label: `${intOf(node, 'bits', 4)}-bit table`, family: 'table', integer: false, row: true };
  if (op === 'Gather') {
    const table = throughLayout(node.inputs[0] ?? '', scope);
    const dims = table?.kind === 'tensor' ? table.tensor.dims : null;
    const looked = table?.kind === 'node' && table.node.op === 'DequantizeLinear';
    // Shapes are looked up with Gather too: only tables of two dimensions are meant here.
    if (looked) return { label: 'float32 table', family: 'table', integer: false, row: true };
    if (table?.kind !== 'tensor' || dims === null || dims.length < 2) return other;
    if (!isFewBits(table.tensor.dtype) && !/^b?float/.test(table.tensor.dtype)) return other;
    return { label: `${table.tensor.dtype} table`, family: 'table', integer: false, row: true };
  }
  if (floatMatrix.has(op)) {
    const type = first ?? typeOf(node.inputs[0], scope);
    const casts = castsFloat16(place);
    return { label: casts ? 'float16 via casts' : (type ?? 'float32'), family: 'float', integer: false, row: true };
  }
  if (conversions.has(op)) return { label: 'conversions', family: 'conversion', integer: false, row: false };
  if (/^QLinear|^QEmbed/.test(op)) return { label: 'int8 elementwise', family: 'integer', integer: true, row: false };
  return other;
};

/** Whether the model says float16 here and the runtime put casts around a float32 kernel. */
const castsFloat16 = ({ node, scope }: Place): boolean => {
  const inserted = (name: string): boolean => /^(InsertedPrecisionFreeCast|FusedBack)_/.test(name);
  if (node.outputs.some(inserted) || node.inputs.some(inserted)) return true;
  return node.inputs.some((name) => {
    const source = name === '' ? null : sourceOf(name, scope);
    return source?.kind === 'node' && source.node.op === 'Cast' && inserted(source.node.name);
  });
};
