import { describe, expect, test } from 'vitest';
import type { KernelRow, SessionOptions } from '../../contracts/index.ts';
import { receiptOf, trap } from './testing/traps.ts';

/** The row of an operation, by the end of its name. */
const rowOf = async (text: string, node: string, session: Partial<SessionOptions> = {}): Promise<KernelRow> => {
  const receipt = await receiptOf(trap(text), { session });
  const row = receipt.rows.find((one) => one.node === node);
  if (row === undefined) throw new Error(`no row ${node} among ${receipt.rows.map((one) => one.node).join(', ')}`);
  return row;
};

const quantized = (x: string): string =>
  `${x}q = QuantizeLinear(${x}, xs, xz); ${x}d = DequantizeLinear(${x}q, xs, xz)`;
const scales =
  'xs = float32[] {0.02}; xz = uint8[] {128}; ys = float32[] {0.1}; yz = uint8[] {128}; ws = float32[] {0.01}; wz = int8[] {0}';
const weight = `${scales}; wq = int8[64, 32] {...}; w = DequantizeLinear(wq, ws, wz)`;
const two = 'x: float32[N, 64]';
const three = 'x: float32[N, S, 64]';
const image = 'x: float32[1, 8, 16, 16]';
const filter = `${scales}; wq = int8[8, 8, 3, 3] {...}; w = DequantizeLinear(wq, ws, wz)`;
const blocks = (bits: number): string => `b = uint8[32, 2, ${bits * 4}] {...}; s = float32[64] {...}`;

interface Trap {
  readonly name: string;
  readonly text: string;
  readonly node: string;
  readonly why: RegExp;
  readonly session?: Partial<SessionOptions>;
  /** The same thing done right: which kernel then runs it. */
  readonly twin: {
    readonly text: string;
    readonly node?: string;
    readonly kernel: RegExp;
    readonly session?: Partial<SessionOptions>;
  };
}

const traps: readonly Trap[] = [
  {
    name: 'float32 bias after a two-dimensional MatMul',
    text: `${two}; ${weight}; c = float32[32] {...}; ${quantized('x')}; m = MatMul(xd, w) as "layer/MatMul"; y = Add(m, c); -> y: float32[N, 32]`,
    node: 'layer/MatMul',
    why: /bias Add .* merged with it into a Gemm/,
    twin: {
      text: `${three}; ${weight}; c = float32[32] {...}; ${quantized('x')}; m = MatMul(xd, w) as "layer/MatMul"; y = Add(m, c); -> y: float32[N, S, 32]`,
      kernel: /^int8 \(u8×s8\)$/,
    },
  },
  {
    name: 'Gemm with a float32 bias',
    text: `${two}; ${weight}; c = float32[32] {...}; ${quantized('x')}; y = Gemm(xd, w, c) as "head"; -> y: float32[N, 32]`,
    node: 'head',
    why: /its bias is float32/,
    twin: {
      text: `${two}; ${weight}; cq = int32[32] {...}; cs = float32[] {0.0002}; c = DequantizeLinear(cq, cs); ${quantized('x')}; y = Gemm(xd, w, c) as "head"; -> y: float32[N, 32]`,
      kernel: /^int8 \(u8×s8\)$/,
    },
  },
  {
    name: 'Gemm with beta',
    text: `${two}; ${weight}; cq = int32[32] {...}; cs = float32[] {0.0002}; c = DequantizeLinear(cq, cs); ${quantized('x')}; y = Gemm(xd, w, c) {beta: 2.0} as "head"; -> y: float32[N, 32]`,
    node: 'head',
    why: /beta is not 1/,
    twin: {
      text: `${two}; ${weight}; ${quantized('x')}; y = Gemm(xd, w) {alpha: 0.5} as "head"; -> y: float32[N, 32]`,
      kernel: /^int8 \(u8×s8\)$/,
    },
  },
  {
    name: 'DequantizeLinear before Gather',
    text: `i: int64[N]; ${scales}; t = int8[64, 32] {...}; d = DequantizeLinear(t, ws, wz); y = Gather(d, i) as "embed"; -> y: float32[N, 32]`,
    node: 'embed',
    why: /the whole table of 2,048 values is dequantized at each run/,
    twin: {
      text: `i: int64[N]; ${scales}; t = int8[64, 32] {...}; g = Gather(t, i) as "embed"; y = DequantizeLinear(g, ws, wz); -> y: float32[N, 32]`,
      kernel: /^int8 table$/,
    },
  },
  {
    name: 'result that is quantized and used as it is',
    text: `${three}; ${weight}; ${quantized('x')}; m = MatMul(xd, w) as "mm"; mq = QuantizeLinear(m, ys, yz); z = DequantizeLinear(mq, ys, yz); r = Relu(m); -> z: float32[N, S, 32], r: float32[N, S, 32]`,
    node: 'mm',
    why: /also used as it is by Relu/,
    twin: {
      text: `${three}; ${weight}; ${quantized('x')}; m = MatMul(xd, w) as "mm"; mq = QuantizeLinear(m, ys, yz); z = DequantizeLinear(mq, ys, yz); -> z: float32[N, S, 32]`,
      kernel: /^int8 \(u8×s8\)$/,
    },
  },
  {
    name: 'result that is quantized and an output of the graph',
    text: `${three}; ${weight}; ${quantized('x')}; m = MatMul(xd, w) as "mm"; mq = QuantizeLinear(m, ys, yz); z = DequantizeLinear(mq, ys, yz); -> m: float32[N, S, 32], z: float32[N, S, 32]`,
    node: 'mm',
    why: /also an output of the graph/,
    twin: {
      text: `${three}; ${weight}; ${quantized('x')}; m = MatMul(xd, w) as "mm"; -> m: float32[N, S, 32]`,
      kernel: /^int8 \(u8×s8\)$/,
    },
  },
  {
    name: 'quantized input, float32 weight',
    text: `${three}; ${scales}; w = float32[64, 32] {...}; ${quantized('x')}; y = MatMul(xd, w) as "mm"; -> y: float32[N, S, 32]`,
    node: 'mm',
    why: /input is quantized but its weight is float32/,
    twin: {
      text: `a: float32[N, 4, 64]; k: float32[N, 64, 4]; ${scales}; ${quantized('a')}; ${quantized('k')}; y = MatMul(ad, kd) as "mm"; -> y: float32[N, 4, 4]`,
      kernel: /^int8 \(u8×\?|^int8 \(u8×u8\)$/,
    },
  },
  {
    name: '16-bit activations',
    text: `ir 10; opset 21; ${three}; xs = float32[] {0.02}; xz = uint16[] {128}; ws = float32[] {0.01}; wz = int8[] {0}; wq = int8[64, 32] {...}; w = DequantizeLinear(wq, ws, wz); ${quantized('x')}; y = MatMul(xd, w) as "mm"; -> y: float32[N, S, 32]`,
    node: 'mm',
    why: /16-bit integers \(uint16\)/,
    twin: {
      text: `ir 10; opset 21; ${three}; ${weight}; ${quantized('x')}; y = MatMul(xd, w) as "mm"; -> y: float32[N, S, 32]`,
      kernel: /^int8 \(u8×s8\)$/,
    },
  },
  {
    name: 'weight decoded by Cast and Mul',
    text: `${three}; ${scales}; wq = int8[64, 32] {...}; wf = Cast(wq) {to: 1}; w = Mul(wf, ws); y = MatMul(x, w) as "mm"; -> y: float32[N, S, 32]`,
    node: 'mm',
    why: /the int8 weight becomes float32 when the model loads, as it is decoded with Cast, Mul/,
    twin: {
      text: `${three}; ${weight}; y = MatMul(x, w) as "mm"; -> y: float32[N, S, 32]`,
      kernel: /^8-bit \(accuracy level 4, int8 compute\)$/,
    },
  },
  {
    name: 'joining switched off',
    text: `${three}; ${weight}; ${quantized('x')}; y = MatMul(xd, w) as "mm"; -> y: float32[N, S, 32]`,
    node: 'mm',
    why: /as session.disable_quant_qdq is set/,
    session: { config: { 'session.disable_quant_qdq': '1' } },
    twin: {
      text: `${three}; ${weight}; ${quantized('x')}; y = MatMul(xd, w) as "mm"; -> y: float32[N, S, 32]`,
      kernel: /^int8 \(u8×s8\)$/,
    },
  },
  {
    name: 'graph optimization too low',
    text: `${three}; ${weight}; ${quantized('x')}; y = MatMul(xd, w) as "mm"; -> y: float32[N, S, 32]`,
    node: 'mm',
    why: /this session runs at "basic"/,
    session: { graphOptimization: 'basic' },
    twin: {
      text: `${three}; ${weight}; ${quantized('x')}; y = MatMul(xd, w) as "mm"; -> y: float32[N, S, 32]`,
      kernel: /^int8 \(u8×s8\)$/,
      session: { graphOptimization: 'extended' },
    },
  },
  {
    name: 'weight used by two operations',
    text: `${two}; z: float32[N, 64]; ${weight}; y = MatMul(x, w) as "mm"; v = MatMul(z, w) as "other"; -> y: float32[N, 32], v: float32[N, 32]`,
    node: 'mm',
    why: /weight is used by more than one operation/,
    twin: {
      text: `${two}; z: float32[N, 64]; ${weight}; vq = int8[64, 32] {...}; vs = float32[] {0.03}; u = DequantizeLinear(vq, vs, wz); y = MatMul(x, w) as "mm"; v = MatMul(z, u) as "other"; -> y: float32[N, 32], v: float32[N, 32]`,
      kernel: /^8-bit \(accuracy level 4, int8 compute\)$/,
    },
  },
  {
    name: 'two weights with equal scales',
    text: `${two}; z: float32[N, 64]; ${weight}; vq = int8[64, 32] {...}; vs = float32[] {0.01}; u = DequantizeLinear(vq, vs, wz); y = MatMul(x, w) as "mm"; v = MatMul(z, u) as "other"; -> y: float32[N, 32], v: float32[N, 32]`,
    node: 'mm',
    why: /its scale is the same as that of another weight/,
    twin: {
      text: `${two}; z: float32[N, 64]; ${weight}; vq = int8[64, 32] {...}; vs = float32[] {0.02}; u = DequantizeLinear(vq, vs, wz); y = MatMul(x, w) as "mm"; v = MatMul(z, u) as "other"; -> y: float32[N, 32], v: float32[N, 32]`,
      kernel: /^8-bit \(accuracy level 4, int8 compute\)$/,
    },
  },
  {
    name: 'weight given at run time',
    text: `${two}; wq: int8[64, 32]; ${scales}; w = DequantizeLinear(wq, ws, wz); y = MatMul(x, w) as "mm"; -> y: float32[N, 32]`,
    node: 'mm',
    why: /only constant weights are packed/,
    twin: {
      text: `${two}; ${weight}; y = MatMul(x, w) as "mm"; -> y: float32[N, 32]`,
      kernel: /^8-bit/,
    },
  },
  {
    name: 'weight of three dimensions',
    text: `x: float32[2, N, 64]; ${scales}; wq = int8[2, 64, 32] {...}; w = DequantizeLinear(wq, ws, wz); y = MatMul(x, w) as "mm"; -> y: float32[2, N, 32]`,
    node: 'mm',
    why: /3 dimensions: only matrices are packed/,
    twin: { text: `${two}; ${weight}; y = MatMul(x, w) as "mm"; -> y: float32[N, 32]`, kernel: /^8-bit/ },
  },
  {
    name: '16-bit weight',
    text: `ir 10; opset 21; ${two}; ws = float32[] {0.01}; wz = uint16[] {0}; wq = uint16[64, 32] {...}; w = DequantizeLinear(wq, ws, wz); y = MatMul(x, w) as "mm"; -> y: float32[N, 32]`,
    node: 'mm',
    why: /16-bit integers \(uint16\)/,
    twin: { text: `${two}; ${weight}; y = MatMul(x, w) as "mm"; -> y: float32[N, 32]`, kernel: /^8-bit/ },
  },
  {
    name: 'blocks that are too small',
    text: `ir 10; opset 21; ${three}; wq = int8[64, 32] {...}; ws = float32[8, 32] {...}; w = DequantizeLinear(wq, ws) {axis: 0, block_size: 8}; y = MatMul(x, w) as "mm"; -> y: float32[N, S, 32]`,
    node: 'mm',
    why: /blocks hold 8 weights/,
    twin: {
      text: `ir 10; opset 21; ${three}; wq = int8[64, 32] {...}; ws = float32[4, 32] {...}; w = DequantizeLinear(wq, ws) {axis: 0, block_size: 16}; y = MatMul(x, w) as "mm"; -> y: float32[N, S, 32]`,
      kernel: /^8-bit/,
    },
  },
  {
    name: 'blocks along the outputs',
    text: `ir 10; opset 21; ${three}; wq = int8[64, 32] {...}; ws = float32[64, 2] {...}; w = DequantizeLinear(wq, ws) {axis: 1, block_size: 16}; y = MatMul(x, w) as "mm"; -> y: float32[N, S, 32]`,
    node: 'mm',
    why: /blocks run along the outputs/,
    twin: {
      text: `ir 10; opset 21; ${three}; wq = int8[64, 32] {...}; ws = float32[2, 32] {...}; w = DequantizeLinear(wq, ws) {axis: 0, block_size: 32}; y = MatMul(x, w) as "mm"; -> y: float32[N, S, 32]`,
      kernel: /^8-bit/,
    },
  },
  {
    name: 'convolution with a quantized weight only',
    text: `${image}; ${filter}; y = Conv(x, w) as "conv"; -> y: float32`,
    node: 'conv',
    why: /only its weight is quantized/,
    twin: {
      text: `${image}; ${filter}; ${quantized('x')}; c = Conv(xd, w) as "conv"; cq = QuantizeLinear(c, ys, yz); y = DequantizeLinear(cq, ys, yz); -> y: float32`,
      kernel: /^int8 \(u8×s8\)$/,
    },
  },
  {
    name: 'convolution whose result is not quantized',
    text: `${image}; ${filter}; ${quantized('x')}; y = Conv(xd, w) as "conv"; -> y: float32`,
    node: 'conv',
    why: /its result is not quantized/,
    twin: {
      text: `${image}; ${filter}; c = float32[8] {...}; ${quantized('x')}; d = Conv(xd, w, c) as "conv"; dq = QuantizeLinear(d, ys, yz); y = DequantizeLinear(dq, ys, yz); -> y: float32`,
      kernel: /^int8 \(u8×s8\)$/,
    },
  },
  {
    name: 'activation between a convolution and its QuantizeLinear',
    text: `${image}; ${filter}; ${quantized('x')}; c = Conv(xd, w) as "conv"; r = Sigmoid(c); rq = QuantizeLinear(r, ys, yz); y = DequantizeLinear(rq, ys, yz); -> y: float32`,
    node: 'conv',
    why: /Sigmoid stands between/,
    twin: {
      text: `${image}; ${filter}; zz = uint8[] {0}; ${quantized('x')}; c = Conv(xd, w) as "conv"; r = Relu(c); rq = QuantizeLinear(r, ys, zz); y = DequantizeLinear(rq, ys, zz); -> y: float32`,
      kernel: /^int8 \(u8×s8\)$/,
    },
  },
  {
    name: 'transposed convolution',
    text: `${image}; ${filter}; ${quantized('x')}; c = ConvTranspose(xd, w) as "up"; cq = QuantizeLinear(c, ys, yz); y = DequantizeLinear(cq, ys, yz); -> y: float32`,
    node: 'up',
    why: /ConvTranspose has no integer kernel/,
    twin: {
      text: `${image}; wq = uint8[8, 8, 3, 3] {...}; wz = uint8[] {128}; xq, s, z = DynamicQuantizeLinear(x); c = ConvInteger(xq, wq, z, wz) as "up"; f = Cast(c) {to: 1}; y = Mul(f, s); -> y: float32`,
      kernel: /^int8 dynamic \(u8×u8\)$/,
    },
  },
  {
    name: 'LSTM with quantized weights',
    text: `x: float32[4, 1, 16]; s = float32[] {0.01}; z = int8[] {0}; wq = int8[1, 64, 16] {...}; rq = int8[1, 64, 16] {...}; w = DequantizeLinear(wq, s, z); r = DequantizeLinear(rq, s, z); y, h, c = LSTM(x, w, r) {hidden_size: 16} as "lstm"; -> y: float32`,
    node: 'lstm',
    why: /DynamicQuantizeLSTM is its integer form/,
    twin: {
      text: `x: float32[4, 1, 16]; s = float32[1] {0.01}; z = int8[1] {0}; wq = int8[1, 16, 64] {...}; rq = int8[1, 16, 64] {...}; y, h, c = com.microsoft.DynamicQuantizeLSTM(x, wq, rq, _, _, _, _, _, s, z, s, z) {hidden_size: 16} as "lstm"; -> y: float32`,
      kernel: /^int8 dynamic \(u8×s8\)$/,
    },
  },
  {
    name: 'float zero points',
    text: `${three}; ${blocks(4)}; z = float32[64] {...}; y = com.microsoft.MatMulNBits(x, b, s, z) {K: 64, N: 32, bits: 4, block_size: 32, accuracy_level: 4} as "mm"; -> y: float32[N, S, 32]`,
    node: 'mm',
    why: /zero points are float32/,
    twin: {
      text: `${three}; ${blocks(4)}; z = uint8[32] {...}; y = com.microsoft.MatMulNBits(x, b, s, z) {K: 64, N: 32, bits: 4, block_size: 32, accuracy_level: 4} as "mm"; -> y: float32[N, S, 32]`,
      kernel: /^4-bit \(accuracy level 4, int8 compute\)$/,
    },
  },
  {
    name: '8-bit blocks at accuracy level 0',
    text: `${three}; ${blocks(8)}; y = com.microsoft.MatMulNBits(x, b, s) {K: 64, N: 32, bits: 8, block_size: 32} as "mm"; -> y: float32[N, S, 32]`,
    node: 'mm',
    why: /accuracy level 4 only/,
    twin: {
      text: `${three}; ${blocks(8)}; y = com.microsoft.MatMulNBits(x, b, s) {K: 64, N: 32, bits: 8, block_size: 32, accuracy_level: 4} as "mm"; -> y: float32[N, S, 32]`,
      kernel: /^8-bit \(accuracy level 4, int8 compute\)$/,
    },
  },
  {
    name: 'weights dequantized outside of the body that uses them',
    text: `x: float32[4, 64]; c: bool[]; ${weight}; y = If(c) {then_branch: graph "t" { a = MatMul(x, w) as "inner"; -> a: float32[4, 32] }, else_branch: graph "e" { b0 = MatMul(x, w) as "never"; b = Neg(b0); -> b: float32[4, 32] }}; -> y: float32[4, 32]`,
    node: 'inner',
    why: /outside of the If, Loop or Scan body/,
    twin: {
      text: `x: float32[4, 64]; c: bool[]; y = If(c) {then_branch: graph "t" { ${weight}; ${quantized('x')}; a = MatMul(xd, w) as "inner"; -> a: float32[4, 32] }, else_branch: graph "e" { v = float32[64, 32] {...}; b = MatMul(x, v) as "never"; -> b: float32[4, 32] }}; -> y: float32[4, 32]`,
      node: 'inner',
      kernel: /^int8 \(u8×s8\)$/,
    },
  },
];

describe.each(traps)('$name', ({ text, node, why, session, twin }) => {
  test('is found, with the reason', async () => {
    const row = await rowOf(text, node, session);
    expect(row).toMatchObject({ meant: true, why: expect.stringMatching(why) as string });
    expect(row.kernel).not.toMatch(/^int8 \(|int8 compute/);
  });
  test('done right, an integer kernel runs it', async () => {
    const row = await rowOf(twin.text, twin.node ?? node, twin.session);
    expect(row.kernel).toMatch(twin.kernel);
    expect(row).toMatchObject({ why: null });
  });
});
