import type { SessionOptions } from '../../contracts/index.ts';
import { floatOf, intOf, stringOf } from '../../model/graph/index.ts';
import { unpackedEachCall } from './kernels.ts';
import { operandOf, type Operand } from './operands.ts';
import { isFewBits, sourceOf, type Place, type Scope } from './scopes.ts';

/** Whether an operation was made for few bits, and why it does not run that way. */
export interface Intent {
  readonly meant: boolean;
  readonly why: string | null;
}

type Dequantized = Extract<Operand, { kind: 'dequantized' }>;

interface Case {
  readonly place: Place;
  readonly original: Scope;
  readonly session: SessionOptions;
}

const fine: Intent = { meant: false, why: null };
const because = (why: string): Intent => ({ meant: true, why });
const isDequantized = (operand: Operand | null): operand is Dequantized => operand?.kind === 'dequantized';

/** A float weight that the original stores in few bits: the runtime computed it while loading. */
const foldedWeight = (operand: Operand | null, session: SessionOptions): string | null => {
  if (operand?.kind !== 'constant' || operand.stored === null || !isFewBits(operand.stored)) return null;
  const how =
    session.config['session.disable_quant_qdq'] === '1'
      ? 'session.disable_quant_qdq is set'
      : 'it is decoded with Cast, Mul and the like, which the runtime computes once and for all';
  return `the ${operand.stored} weight becomes float32 when the model loads, as ${how}: it saves room on disk only`;
};

/** What every QuantizeLinear/DequantizeLinear pattern needs, whatever the operator. */
const general = ({ place, session }: Case, operands: readonly Dequantized[]): string | null => {
  const level = session.graphOptimization;
  if (level === 'disabled' || level === 'basic')
    return `QuantizeLinear and DequantizeLinear become integer kernels at graph optimization "extended" or "all"; this session runs at "${level}"`;
  if (operands.some(({ scope }) => scope !== place.scope))
    return 'its DequantizeLinear lies outside of the If, Loop or Scan body that uses it: the two are joined only within one graph';
  const wide = operands.find(({ codes }) => codes === 'int16' || codes === 'uint16');
  if (wide !== undefined) return `no matrix kernel takes 16-bit integers (${wide.codes})`;
  return null;
};

/** The QuantizeLinear after an operation, and whether anything else wants its output. */
const outputOf = ({ node, scope }: Place) => {
  const name = node.outputs[0] ?? '';
  const consumers = scope.index.consumers(name);
  const quantizers = consumers.filter(({ op }) => op === 'QuantizeLinear');
  const others = consumers.filter(({ op }) => op !== 'QuantizeLinear');
  return {
    quantized: quantizers.length > 0,
    isOutput: scope.index.isOutput(name),
    others,
    captured: scope.index.capturedBy(name).length > 0,
  };
};

const sharedOutput = (place: Place): string | null => {
  const { quantized, isOutput, others, captured } = outputOf(place);
  if (!quantized || (!isOutput && others.length === 0 && !captured)) return null;
  const user = isOutput
    ? 'is also an output of the graph'
    : `is also used as it is by ${others[0]?.op ?? 'a body of If, Loop or Scan'}`;
  return `its result is quantized but ${user}: one QuantizeLinear must be the only user`;
};

/** DequantizeLinear → MatMul or Gemm with float inputs: what keeps it from becoming MatMulNBits. */
const weightOnly = ({ place }: Case, weight: Dequantized): string | null => {
  const { dq, constant, codesName, scope } = weight;
  if (constant === null) return 'its weight is computed or given at run time: only constant weights are packed';
  if (!isFewBits(constant.dtype)) return `its weight is ${constant.dtype}: packed kernels take 2, 4 and 8 bits`;
  if (constant.dims.length !== 2)
    return `its weight has ${constant.dims.length} dimensions: only matrices are packed, this one is dequantized at each run`;
  const block = intOf(dq, 'block_size', 0);
  const axis = intOf(dq, 'axis', 1);
  if (block > 0 && axis !== 0 && axis !== -2)
    return 'its blocks run along the outputs (axis 1): packed kernels need them along the inputs (axis 0)';
  if (block > 0 && (block < 16 || (block & (block - 1)) !== 0))
    return `its blocks hold ${block} weights: packed kernels need a power of two, 16 or more`;
  const alone = 'the runtime packs a weight for one operation only, and dequantizes this one at each run';
  if (scope.index.consumers(codesName).length > 1 || scope.index.isOutput(dq.outputs[0] ?? ''))
    return `its quantized weight is used by more than one operation: ${alone}`;
  if (scope.index.consumers(dq.inputs[1] ?? '').length > 1)
    return `its scale is the same as that of another weight (equal single numbers are merged at load): ${alone}. Scales per channel differ`;
  if (place.node.op !== 'MatMul' && place.node.op !== 'Gemm')
    return `only its weight is quantized, and ${place.node.op} has no kernel for that: the weight is dequantized at each run`;
  return null;
};

const unexplained = 'the runtime did not join it with its DequantizeLinear; no rule that is known here says why';

const gemmBias = ({ place, original }: Case): string | null => {
  const bias = place.node.inputs[2] ?? '';
  if (bias === '') return null;
  const source = sourceOf(bias, place.scope);
  if (source?.kind === 'node' && source.node.op === 'DequantizeLinear') return null;
  const before = original.index.producer(place.node.outputs[0] ?? '');
  if (before?.op === 'Add')
    return 'the float32 bias Add after this two-dimensional MatMul was merged with it into a Gemm, and a Gemm with a float32 bias has no integer form. Store the bias as int32 with a DequantizeLinear, or quantize the result of the Add';
  return 'its bias is float32: give it as int32 with a DequantizeLinear, or quantize the result';
};

const matrix = (at: Case): Intent => {
  const { place, original, session } = at;
  const { node } = place;
  const [a, b] = [operandOf(place, 0, original), operandOf(place, 1, original)];
  const folded = foldedWeight(b, session) ?? foldedWeight(a, session);
  if (folded !== null) return because(folded);
  const quantized = [a, b].filter(isDequantized);
  if (quantized.length === 0) return fine;
  const first = general(at, quantized);
  if (first !== null) return because(first);
  if (isDequantized(a) && isDequantized(b)) {
    const shared = sharedOutput(place);
    if (shared !== null) return because(shared);
    if (node.op === 'Gemm' || node.op === 'FusedGemm') {
      if (floatOf(node, 'beta', 1) !== 1) return because('its beta is not 1: the integer Gemm has none');
      return because(gemmBias(at) ?? unexplained);
    }
    return because(unexplained);
  }
  if (isDequantized(b)) return because(weightOnly(at, b) ?? unexplained);
  return because(
    b?.kind === 'constant'
      ? 'its input is quantized but its weight is float32: an integer kernel needs both'
      : 'only one of its two computed operands is quantized: an integer kernel needs both',
  );
};

const convolution = (at: Case): Intent => {
  const { place, original, session } = at;
  const { node } = place;
  const [x, w] = [operandOf(place, 0, original), operandOf(place, 1, original)];
  const folded = foldedWeight(w, session);
  if (folded !== null) return because(folded);
  const quantized = [x, w].filter(isDequantized);
  if (quantized.length === 0) return fine;
  const first = general(at, quantized);
  if (first !== null) return because(first);
  if (!isDequantized(x))
    return because(
      'only its weight is quantized, and there is no convolution for that: the weight is dequantized at each run',
    );
  if (!isDequantized(w))
    return because('its input is quantized but its weight is float32: an integer kernel needs both');
  if (node.op === 'ConvTranspose') return because('ConvTranspose has no integer kernel on CPUs');
  if (w.constant === null) return because('its weight is computed or given at run time: it must be a constant');
  const shared = sharedOutput(place);
  if (shared !== null) return because(shared);
  const activation = node.attributes['activation'] === undefined ? '' : stringOf(node, 'activation', '');
  if (activation !== '')
    return because(
      `${activation} stands between the convolution and its QuantizeLinear: only Relu and Clip may, as they can be left out`,
    );
  if (!outputOf(place).quantized)
    return because('its result is not quantized: a convolution has an integer kernel only between quantized tensors');
  return because(unexplained);
};

const lookup = ({ place, original, session }: Case): Intent => {
  const table = operandOf(place, 0, original);
  const folded = foldedWeight(table, session);
  if (folded !== null) return because(folded);
  if (table?.kind !== 'dequantized' || table.constant === null || table.constant.dims.length < 2) return fine;
  const values = table.constant.dims.reduce((product, dim) => product * dim, 1).toLocaleString('en-US');
  return because(
    `the whole table of ${values} values is dequantized at each run before a few rows are taken: take the rows first (Gather on the codes), then DequantizeLinear`,
  );
};

const recurrent = ({ place, original, session }: Case): Intent => {
  for (const position of [1, 2]) {
    const weight = operandOf(place, position, original);
    const folded = foldedWeight(weight, session);
    if (folded !== null) return because(folded);
    if (isDequantized(weight))
      return because(
        place.node.op === 'LSTM'
          ? 'LSTM takes float32 weights, which are dequantized at each run: DynamicQuantizeLSTM is its integer form'
          : `${place.node.op} has no integer kernel on CPUs: its weights are dequantized at each run`,
      );
  }
  return fine;
};

const anyOther = (at: Case): Intent => {
  const { place, original, session } = at;
  for (const position of place.node.inputs.keys()) {
    const operand = operandOf(place, position, original);
    const folded = foldedWeight(operand, session);
    if (folded !== null) return because(folded);
    if (isDequantized(operand) && operand.constant !== null && operand.constant.dims.length >= 2)
      return because(
        `the runtime makes no integer form of ${place.node.op} by itself: its weight is dequantized at each run`,
      );
  }
  return fine;
};

const rules: Readonly<Record<string, (at: Case) => Intent>> = {
  MatMul: matrix,
  FusedMatMul: matrix,
  Gemm: matrix,
  FusedGemm: matrix,
  Conv: convolution,
  FusedConv: convolution,
  NhwcFusedConv: convolution,
  ConvTranspose: convolution,
  Gather: lookup,
  LSTM: recurrent,
  GRU: recurrent,
  RNN: recurrent,
};

/** Whether an operation that runs in floats, or on a slow path, was made for few bits, and what keeps it from running so.
 *  Source: onnxruntime/core/optimizer/qdq_transformer (1.30); every reason is reproduced by a test on the real runtime. */
export const intentOf = (place: Place, integer: boolean, original: Scope, session: SessionOptions): Intent => {
  const { node, scope } = place;
  if (node.op === 'MatMulNBits') return { meant: true, why: unpackedEachCall(node, scope) };
  if (integer || node.op === 'GatherBlockQuantized') return { meant: true, why: null };
  return (rules[node.op] ?? anyOther)({ place, original, session });
};

/** What a reader should know about an operation that is as it was meant. */
export const noteOf = ({ node }: Place, label: string): string | null => {
  if (label === 'float16 via casts')
    return 'float16 in the model; there is no such kernel here, so it is cast to float32 and back';
  if (node.op === 'MatMulNBits' && label.includes('float32 compute'))
    return 'accuracy level 4 would quantize its inputs and multiply in int8';
  return null;
};
