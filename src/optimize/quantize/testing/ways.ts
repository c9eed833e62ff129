import type { Way } from '../../testing/bad-input.ts';
import { quantizeTechniques } from '../index.ts';

/** Options that take other ways through a technique than its defaults. */
const more: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> = {
  'quantize/dynamic': [
    { minValues: 1, operators: ['*'], perChannel: true, copyShared: true },
    { minValues: 1, operators: ['*'], weightType: 'uint8' },
    { minValues: 1, exact: true },
  ],
  'quantize/embedding': [
    { minValues: 1 },
    { minValues: 1, granularity: 'table' },
    { minValues: 1, form: 'blocks', bits: '4', blockSize: '16' },
  ],
  'quantize/blockwise': [
    { method: 'gptq', blockSize: '16' },
    { method: 'awq', symmetric: false },
    { method: 'awq-gptq', bits: '8', form: 'qdq' },
    { method: 'hqq', blockSize: '256' },
    { method: 'k-quant', symmetric: false, form: 'qdq' },
    { symmetric: false, accuracyLevel: 0 },
  ],
  'quantize/float16': [{ headroom: 1, maxError: 1 }],
  'quantize/float16-storage': [{ minValues: 1 }],
  'quantize/codebook': [
    { minValues: 1, bits: '6' },
    { minValues: 1, bits: '8', groupSize: 3 },
  ],
  'quantize/mixed': [{ base: 'static' }, { base: 'blockwise', method: 'hqq' }],
  'quantize/static': [
    { form: 'qoperator', method: 'best' },
    { form: 'qdq', activationType: 'int8', method: 'mse', attentionProducts: true },
    { form: 'qoperator', weightType: 'uint8', bits: '8', perChannel: false, method: 'entropy' },
    { method: 'moving-average', biasCorrection: false },
    { method: 'percentile' },
  ],
  'quantize/smooth': [{ insert: true }],
};

/** Every technique by its defaults, and by the other ways that are listed. */
export const quantizeWays: readonly Way[] = quantizeTechniques.flatMap((technique): Way[] => [
  [technique, {}],
  ...(more[technique.id] ?? []).map((raw): Way => [technique, raw]),
]);
