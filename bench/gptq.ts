// GPTQ against round to nearest: error on correlated inputs, and the time for a BERT-base-shaped model.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseOptions, type Feeds } from '../src/contracts/index.ts';
import { createContext } from '../src/engine/run/context.ts';
import { parseText } from '../src/model/graph/index.ts';
import { encodeFile } from '../src/model/onnx/index.ts';
import { tensor } from '../src/model/tensor/index.ts';
import { correlatedRows } from '../src/optimize/quantize/blocks/testing/matrices.ts';
import { blockwise } from '../src/optimize/quantize/blockwise.ts';
import { distanceOf, referenceOf } from '../src/optimize/quantize/mixed/index.ts';
import { encoderModel, initialWeights } from '../src/optimize/training/index.ts';
import { seeded } from '../src/statistics/index.ts';
import { inChild, type Job } from './producing.ts';

/** BERT-base: 12 layers, width 768, 12 heads, 30,522 tokens; random weights. `STEELYARD_BENCH_LAYERS` makes it smaller. */
const base = {
  layers: Number(process.env['STEELYARD_BENCH_LAYERS'] ?? 12),
  width: 768,
  heads: 12,
  ffn: 3072,
  vocabulary: 30_522,
  positions: 512,
  labels: 2,
};
const tokens: NonNullable<Job['tokens']> = { count: 16, rows: 8, length: 64, vocabulary: base.vocabulary };

/** Correlated inputs of one layer: few sources behind many channels of different sizes. */
const correlation = { rank: 384, own: 0.1, spread: 0.4 };
const width = 768;

/** Relative output error of one 768×768 layer on the rows that calibrate, 4 bits in blocks of 32. */
const correlated = async (folder: string): Promise<void> => {
  const random = seeded(1, 'correlated');
  const rows = correlatedRows(2048, width, correlation, random);
  const weight = Float32Array.from({ length: width * width }, () => random.normal() / Math.sqrt(width));
  const model = parseText(`x: float32[N, ${width}]; w = float32[${width}, ${width}] {...}; y = MatMul(x, w)`, {
    tensors: { w: tensor('float32', [width, width], weight) },
  });
  const context = createContext({
    seed: 1,
    workFolder: folder,
    calibration: async function* calibration() {
      for (let at = 0; at < 2048; at += 256)
        yield {
          x: { dtype: 'float32', dims: [256, width], data: rows.slice(at * width, (at + 256) * width) },
        } satisfies Feeds;
    },
  });
  const reference = await referenceOf(model, 8, context);
  console.log('one layer of 768 × 768 on correlated inputs');
  let nearest = 0;
  for (const [method, prediction] of [
    ['rtn', ''],
    ['hqq', ''],
    ['awq', ''],
    ['gptq', '   (predicted: at most 0.55)'],
  ] as const) {
    // Level 0 multiplies in float32: only the weights' error shows.
    const options = parseOptions(blockwise.id, blockwise.options, { method, accuracyLevel: 0 });
    const { model: after } = await blockwise.apply(model, options, context);
    const { error } = await distanceOf(after, reference, undefined, context);
    if (method === 'rtn') nearest = error;
    console.log(
      `  ${method.padEnd(5)} output error ${(error * 100).toFixed(2)} %, ${(error / nearest).toFixed(2)} of round to nearest${prediction}`,
    );
  }
};

/** Prints prediction and measurement; files are removed afterwards. */
export const run = async (): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'steelyard-gptq-'));
  try {
    await correlated(folder);
    const float = join(folder, 'float.onnx');
    await encodeFile(encoderModel(base, initialWeights(base, seeded(1, 'bert'))), float);
    console.log(
      `all layers of a BERT-base-shaped model (${base.layers} layers, random weights, ${tokens.count * tokens.rows * tokens.length} calibration tokens)`,
    );
    for (const method of ['rtn', 'gptq'] as const) {
      const target = join(folder, `${method}.onnx`);
      const { seconds, cpuSeconds, peakBytes, changes } = await inChild({
        technique: 'quantize/blockwise',
        options: { method },
        source: float,
        target,
        workFolder: folder,
        ...(method === 'gptq' ? { tokens } : {}),
      });
      console.log(
        `  ${method.padEnd(5)} ${seconds.toFixed(1)} s, ${cpuSeconds.toFixed(1)} CPU s, ${changes} layers, peak memory ${(peakBytes / 1e6).toFixed(0)} MB` +
          (method === 'gptq' ? '   (predicted: under 360 s)' : ''),
      );
      rmSync(target);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
