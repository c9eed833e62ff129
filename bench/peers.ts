// What is compared with ONNX Runtime's Python quantization tools. Rows are data: add one to measure one more.
import type { ChainStep } from '../src/contracts/index.ts';
import { distances, relativeError } from './answers.ts';
import { differingCodes } from './codes.ts';
import { comparePeers, type Comparison } from './peer-bench.ts';
import { percent } from './table.ts';

type Raw = Readonly<Record<string, unknown>>;

const step = (technique: string, options: Raw = {}): ChainStep => ({ technique, options });

/** int8 embeddings with one scale per table, as the peer makes them, and one scale per row. */
const perTable = step('quantize/embedding', { granularity: 'table' });
const perRow = step('quantize/embedding');

const dynamic = (options: Raw = {}): ChainStep => step('quantize/dynamic', options);
const alike = 'as fast, same error, ≥ 3× faster to produce, ≤ 1/5 of the memory';

const dynamicInt8: Comparison = {
  title: 'Dynamic int8: quantize/dynamic against quantize_dynamic',
  peers: [
    { id: 'peer s8', script: 'dynamic', options: { weight: 'int8' }, large: true },
    {
      id: 'peer s8 per channel, 7 bits',
      script: 'dynamic',
      options: { weight: 'int8', perChannel: true, reduceRange: true },
      large: true,
    },
    { id: 'peer u8 per channel', script: 'dynamic', options: { weight: 'uint8', perChannel: true } },
    { id: 'peer s8, preprocessed', script: 'dynamic', options: { weight: 'int8', preprocess: true } },
  ],
  ours: [
    { id: 'ours s8', steps: [perTable, dynamic()], large: true },
    { id: 'ours s8 per channel, 7 bits', steps: [perTable, dynamic({ perChannel: true, bits: '7' })], large: true },
    { id: 'ours u8 per channel', steps: [perTable, dynamic({ perChannel: true, weightType: 'uint8' })] },
    {
      id: 'ours u8 per channel, embeddings per row',
      steps: [perRow, dynamic({ perChannel: true, weightType: 'uint8' })],
    },
    { id: 'ours s8, embeddings per row', steps: [perRow, dynamic()], large: true },
    { id: 'ours s8 per channel, exact sums', steps: [perRow, dynamic({ perChannel: true, exact: true })] },
  ],
  pairs: [
    { ours: 'ours s8', peer: 'peer s8', predicted: alike },
    { ours: 'ours s8 per channel, 7 bits', peer: 'peer s8 per channel, 7 bits', predicted: alike },
    { ours: 'ours u8 per channel', peer: 'peer u8 per channel', predicted: alike },
    {
      ours: 'ours u8 per channel, embeddings per row',
      peer: 'peer u8 per channel',
      predicted: 'as fast, smaller error',
    },
    { ours: 'ours s8, embeddings per row', peer: 'peer s8', predicted: 'as fast, smaller error' },
    { ours: 'ours s8, embeddings per row', peer: 'peer s8, preprocessed', predicted: 'as fast, smaller error' },
    { ours: 'ours s8 per channel, exact sums', peer: 'peer u8 per channel', predicted: 'as fast, smaller error' },
  ],
};

const statically = (options: Raw = {}): ChainStep => step('quantize/static', options);
const u8s8 = { activation: 'uint8', weight: 'int8' };
/** Layers only: with all operators the peer's histograms stop at the attention mask's −3.4e38. */
const layers = { operators: ['MatMul', 'Gemm', 'Gather'] };
const withoutProducts = { ...layers, withoutProducts: true };

const staticInt8: Comparison = {
  title: 'Static int8: quantize/static against quantize_static (QDQ), calibrated on the same 256 texts',
  peers: [
    { id: 'peer min-max', script: 'static', options: { ...u8s8, method: 'MinMax' }, large: true },
    {
      id: 'peer min-max, its default types',
      script: 'static',
      options: { activation: 'int8', weight: 'int8', method: 'MinMax' },
    },
    {
      id: 'peer entropy, its default operators',
      script: 'static',
      options: { ...u8s8, method: 'Entropy' },
      equalLengths: true,
      once: true,
    },
    {
      id: 'peer entropy',
      script: 'static',
      options: { ...u8s8, ...layers, method: 'Entropy' },
      equalLengths: true,
      once: true,
    },
    {
      id: 'peer percentile',
      script: 'static',
      options: { ...u8s8, ...layers, method: 'Percentile' },
      equalLengths: true,
      once: true,
    },
    {
      id: 'peer min-max, products left alone',
      script: 'static',
      options: { ...u8s8, ...withoutProducts, method: 'MinMax' },
      large: true,
    },
    {
      id: 'peer per channel, products left alone',
      script: 'static',
      options: { ...u8s8, ...withoutProducts, method: 'MinMax', perChannel: true, reduceRange: true },
    },
    {
      id: 'peer at its best',
      script: 'static',
      options: {
        ...u8s8,
        ...withoutProducts,
        method: 'Percentile',
        extra: { CalibPercentile: 99.99 },
        preprocess: true,
      },
      equalLengths: true,
      once: true,
    },
  ],
  ours: [
    { id: 'ours', steps: [perRow, statically()], large: true },
    { id: 'ours min-max', steps: [perRow, statically({ method: 'minmax' })], large: true },
    { id: 'ours entropy', steps: [perRow, statically({ method: 'entropy' })] },
    { id: 'ours percentile', steps: [perRow, statically({ method: 'percentile' })] },
    { id: 'ours per weight', steps: [perRow, statically({ perChannel: false })] },
    { id: 'ours 7 bits', steps: [perRow, statically({ bits: '7' })] },
  ],
  pairs: [
    { ours: 'ours min-max', peer: 'peer min-max', predicted: 'not slower, far more accurate' },
    { ours: 'ours', peer: 'peer min-max, its default types', predicted: 'not slower, far more accurate' },
    { ours: 'ours entropy', peer: 'peer entropy', predicted: 'not slower, smaller error' },
    { ours: 'ours percentile', peer: 'peer percentile', predicted: 'not slower, smaller error' },
    { ours: 'ours min-max', peer: 'peer min-max, products left alone', predicted: 'not slower, no larger error' },
    { ours: 'ours 7 bits', peer: 'peer per channel, products left alone', predicted: 'not slower, smaller error' },
    { ours: 'ours', peer: 'peer at its best', predicted: 'not slower, smaller error' },
  ],
};

const four = { bits: 4, blockSize: 32, accuracyLevel: 4 };
const tables4 = step('quantize/embedding', { form: 'blocks', bits: '4' });
/** Round to nearest in the tables too, as the peer does it. */
const roundedTables4 = step('quantize/embedding', { form: 'blocks', bits: '4', fit: 'range' });
const matMulOnly = { exclude: ['*Gemm*'] };
const blockwise = (options: Raw = {}): ChainStep => step('quantize/blockwise', options);

const blocks: Comparison = {
  title: '4-bit weights in blocks of 32: quantize/blockwise against MatMulNBitsQuantizer',
  peers: [
    {
      id: 'peer RTN, its default accuracy level',
      script: 'blocks',
      options: { ...four, accuracyLevel: null, method: 'default', symmetric: true },
      once: true,
    },
    { id: 'peer RTN', script: 'blocks', options: { ...four, method: 'default', symmetric: true }, large: true },
    {
      id: 'peer RTN with Gather',
      script: 'blocks',
      options: { ...four, method: 'default', symmetric: true, operators: ['MatMul', 'Gather'] },
      large: true,
    },
    { id: 'peer k-quant', script: 'blocks', options: { ...four, method: 'k-quant', symmetric: false } },
    { id: 'peer HQQ', script: 'blocks', options: { ...four, method: 'hqq', symmetric: false }, once: true },
    {
      id: 'peer RTN in the form of its GPTQ',
      script: 'blocks',
      options: { ...four, method: 'rtn', symmetric: true },
      once: true,
    },
    {
      id: 'peer GPTQ',
      script: 'blocks',
      options: { ...four, method: 'gptq', symmetric: true },
      equalLengths: true,
      once: true,
    },
  ],
  ours: [
    { id: 'ours RTN', steps: [roundedTables4, blockwise()], large: true },
    { id: 'ours RTN, tables searched', steps: [tables4, blockwise()], large: true },
    // What the peer quantizes, and no more: it leaves Gemm and embeddings in float32.
    { id: 'ours RTN, MatMul only', steps: [blockwise(matMulOnly)] },
    { id: 'ours k-quant, MatMul only', steps: [blockwise({ ...matMulOnly, method: 'k-quant', symmetric: false })] },
    // As the peer's, which sees no data.
    {
      id: 'ours k-quant, MatMul only, without data',
      steps: [blockwise({ ...matMulOnly, method: 'k-quant', symmetric: false })],
      blind: true,
    },
    { id: 'ours HQQ, MatMul only', steps: [blockwise({ ...matMulOnly, method: 'hqq', symmetric: false })] },
    // The peer's HQQ stores 64 bits for each 32 weights beside the codes, a scale and a zero point in float32: as many as two blocks of 16 here.
    {
      id: 'ours HQQ, MatMul only, blocks of 16',
      steps: [blockwise({ ...matMulOnly, method: 'hqq', blockSize: '16' })],
      once: true,
    },
    { id: 'ours GPTQ, MatMul only', steps: [blockwise({ ...matMulOnly, method: 'gptq' })], once: true },
    { id: 'ours k-quant', steps: [tables4, blockwise({ method: 'k-quant', symmetric: false })], once: true },
    { id: 'ours HQQ', steps: [tables4, blockwise({ method: 'hqq', symmetric: false })] },
    { id: 'ours GPTQ', steps: [tables4, blockwise({ method: 'gptq' })], once: true },
    { id: 'ours AWQ', steps: [tables4, blockwise({ method: 'awq' })], once: true },
  ],
  pairs: [
    { ours: 'ours RTN, MatMul only', peer: 'peer RTN', predicted: 'as fast, same error, same file' },
    {
      ours: 'ours k-quant, MatMul only, without data',
      peer: 'peer k-quant',
      predicted: 'as fast, no larger error, same file, ≥ 3× faster to produce',
    },
    { ours: 'ours k-quant, MatMul only', peer: 'peer k-quant', predicted: 'as fast, smaller error, same file' },
    {
      ours: 'ours HQQ, MatMul only',
      peer: 'peer HQQ',
      predicted: 'many times as fast at batch 1, error within a tenth: zero points are integers',
    },
    {
      ours: 'ours HQQ, MatMul only, blocks of 16',
      peer: 'peer HQQ',
      predicted: 'faster at batch 1, smaller error, same file',
    },
    {
      ours: 'ours HQQ',
      peer: 'peer HQQ',
      predicted: 'many times as fast at batch 1, a fifth of the file, larger error (4-bit embeddings)',
    },
    { ours: 'ours GPTQ, MatMul only', peer: 'peer GPTQ', predicted: 'smaller error, same file' },
    { ours: 'ours RTN', peer: 'peer RTN with Gather', predicted: 'as fast, no larger error, no larger file' },
    {
      ours: 'ours RTN, tables searched',
      peer: 'peer RTN with Gather',
      predicted: 'as fast, smaller error, under 7 MB',
    },
    { ours: 'ours RTN', peer: 'peer RTN', predicted: 'as fast, a fifth of the file, larger error (4-bit embeddings)' },
    { ours: 'ours GPTQ', peer: 'peer GPTQ', predicted: 'smaller error, a fifth of the file' },
  ],
  async notes(made) {
    const [gptq, rtn] = [made.get('peer GPTQ'), made.get('peer RTN in the form of its GPTQ')];
    if (gptq === undefined || rtn === undefined) return [];
    const { differing, of, operators } = await differingCodes(gptq.variant.path, rtn.variant.path);
    const apart = relativeError(distances(rtn.answers!, gptq.answers!));
    return [
      `The peer's GPTQ against the peer's own RTN: ${percent(differing / of, 3)} of the codes of ${operators} layers differ, and the logits by ${apart.toPrecision(2)} (relative).`,
    ];
  },
};

/** The benches of this file, each as bench/run.ts wants it. */
export const dynamicPeers = { run: (): Promise<void> => comparePeers(dynamicInt8) };
export const staticPeers = { run: (): Promise<void> => comparePeers(staticInt8) };
export const blockPeers = { run: (): Promise<void> => comparePeers(blocks) };
