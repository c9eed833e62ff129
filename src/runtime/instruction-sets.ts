import type { CannotPay } from '../contracts/index.ts';

type Sets = readonly string[];

const has = (sets: Sets, ...names: readonly string[]): boolean => names.some((name) => sets.includes(name));
const isX86 = (sets: Sets): boolean => has(sets, 'sse4_1', 'sse4_2', 'avx', 'avx2', 'avx512f');
const isArm = (sets: Sets): boolean => has(sets, 'asimd', 'neon');
const hasVnni = (sets: Sets): boolean => has(sets, 'avx_vnni', 'avx512_vnni');
const wide = (sets: Sets): boolean => has(sets, 'avx2', 'avx512f');

/** Whether the u8×s8 kernel of this CPU adds pairs of products in 16 bits: AVX2 and AVX-512 do (VPMADDUBSW), unless VNNI or AMX add in
 *  32 bits. Without AVX2 and on Arm the kernels are exact.
 *  Source: onnxruntime/core/mlas/lib, GemmU8S8KernelAvx2, GemmU8S8KernelAvx512Core, qgemm_kernel_amx.cpp. */
export const saturatesU8S8 = (sets: Sets): boolean => wide(sets) && !hasVnni(sets) && !has(sets, 'amx_int8');

/** The instruction sets that decide about integer kernels, in words: "AVX2 without VNNI". */
export const describeInstructionSets = (sets: Sets): string => {
  if (has(sets, 'amx_int8')) return 'AMX with int8 tiles';
  if (has(sets, 'avx512_vnni')) return 'AVX-512 with VNNI';
  if (has(sets, 'avx_vnni')) return 'AVX2 with VNNI';
  if (has(sets, 'avx512f')) return 'AVX-512 without VNNI';
  if (has(sets, 'avx2')) return 'AVX2 without VNNI';
  if (isX86(sets)) return 'x86 without AVX2';
  if (has(sets, 'i8mm')) return 'NEON with int8 matrix products';
  if (has(sets, 'asimddp')) return 'NEON with int8 dot products';
  if (isArm(sets)) return 'NEON without int8 dot products';
  return 'unknown instruction sets';
};

interface Rule extends CannotPay {
  readonly applies: (sets: Sets) => boolean;
}

const measured = 'measured with ONNX Runtime 1.30 on AVX2 without VNNI';

const rules: readonly Rule[] = [
  {
    id: 'u8s8-saturates',
    applies: saturatesU8S8,
    what: 'full-range int8 weights with uint8 inputs',
    reason:
      'the kernel adds two products in 16 bits and cuts off what does not fit: wrong sums where inputs and weights are both large, most with one scale per channel. 7-bit weights, uint8 weights or session.x64quantprecision avoid it',
    source: `GemmU8S8KernelAvx2 (VPMADDUBSW); ${measured}`,
    techniques: {
      'quantize/dynamic': { weightType: 'int8', bits: '8', perChannel: true, exact: false },
      'quantize/static': { weightType: 'int8', bits: '8' },
    },
  },
  {
    id: 'exact-already',
    applies: (sets) => (isX86(sets) || isArm(sets)) && !saturatesU8S8(sets),
    what: '7-bit weights',
    reason: 'the int8 kernels of this CPU add in 32 bits and are exact: fewer bits give up accuracy for nothing',
    source: 'onnxruntime/core/mlas/lib/platform.cpp; Avx2WeightS8ToU8 runs on saturating CPUs only',
    techniques: { 'quantize/dynamic': { bits: '7' }, 'quantize/static': { bits: '7' } },
  },
  {
    id: 'exact-anyway',
    applies: (sets) => (isX86(sets) || isArm(sets)) && !saturatesU8S8(sets),
    what: 'session.x64quantprecision',
    reason: 'the int8 kernels of this CPU add in 32 bits: there is no saturation to avoid',
    source: 'onnxruntime/core/mlas/lib/platform.cpp',
    techniques: { 'quantize/dynamic': { exact: true } },
  },
  {
    id: 'float16-compute',
    applies: (sets) => !has(sets, 'asimdhp'),
    what: 'float16 arithmetic',
    reason:
      'there is no float16 kernel for MatMul, Gemm, Conv or Softmax on this CPU: the runtime casts to float32 and back, which is no faster and needs more memory. float16 halves the file, nothing else',
    source: `ONNX Runtime's table of CPU kernels; ${measured}: 0.85 to 1.0 times the speed`,
    techniques: { 'quantize/float16': {} },
  },
  {
    id: 'nbits-8-level-0',
    applies: isX86,
    what: '8-bit MatMulNBits at an accuracy level below 4',
    reason: 'no kernel multiplies packed 8-bit weights in float32: the whole matrix is dequantized at each call',
    source: `MatMulNBits has an int8 kernel for 8 bits only; ${measured}: 0.05 times the speed at one row`,
    techniques: { 'quantize/blockwise': { bits: '8', accuracyLevel: 0 } },
  },
  {
    id: 'nbits-4-level-0',
    applies: (sets) => wide(sets) && !hasVnni(sets),
    what: '4-bit MatMulNBits at an accuracy level below 4',
    reason: 'it computes in float32 on unpacked weights; level 4 quantizes the inputs and is about three times faster',
    source: `${measured}: 0.38 against 1.3 times the speed at one row`,
    techniques: { 'quantize/blockwise': { bits: '4', accuracyLevel: 0 } },
  },
  {
    id: 'nbits-4-batches',
    applies: (sets) => wide(sets) && !hasVnni(sets),
    what: '4-bit weights for speed with many rows (batches, long texts)',
    reason:
      'unpacking costs what the smaller weights save: about as fast as float32 from 16 rows on. It is a size tool here',
    source: `${measured}: 0.9 to 1.0 times the speed at 16 and 128 rows`,
    techniques: { 'quantize/blockwise': { bits: '4' } },
    saves: 'bytes',
  },
  {
    id: 'float-zero-points',
    applies: () => true,
    what: 'MatMulNBits with float zero points',
    reason: 'only whole zero points have a fast kernel; with float ones the whole matrix is dequantized at each call',
    source: `contrib_ops/cpu/quantization/matmul_nbits.cc; ${measured}: 0.05 times the speed at one row`,
    techniques: {},
  },
  {
    id: 'int16-activations',
    applies: () => true,
    what: '16-bit activations',
    reason: 'no matrix kernel takes 16-bit integers: they are turned back to float32',
    source: 'onnxruntime/core/optimizer/qdq_transformer; tried with ONNX Runtime 1.30',
    techniques: {},
  },
  {
    id: 'unstructured-sparsity',
    applies: () => true,
    what: 'zeros spread over the weights, also two of four',
    reason:
      'the kernels multiply zeros like other numbers; only rows, columns, heads or layers that are gone save time',
    source: `${measured}: 1.01 times the speed with 90 % zeros`,
    techniques: { 'prune/unstructured': {}, 'prune/2-4': {} },
  },
  {
    id: 'attention-fusion',
    applies: (sets) => wide(sets) && !hasVnni(sets),
    what: 'fusing attention into one operator, for speed',
    reason: 'the fused operator is about as fast as its parts, and its MatMuls can no longer be quantized one by one',
    source: `${measured}: 0.88 to 1.03 times the speed`,
    techniques: { 'fuse/attention': {} },
  },
];

/** What cannot pay on a CPU with these instruction sets, known beforehand: data for people and for the choice of candidates. */
export const cannotPay = (sets: Sets): readonly CannotPay[] =>
  rules.filter((rule) => rule.applies(sets)).map(({ applies: _applies, ...rule }) => rule);
