// GPTQ against round to nearest: error on correlated inputs, and the time for a BERT-base-shaped model.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encoderModel, initialWeights } from '../src/optimize/training/index.ts';
import { decodeFile, encodeFile } from '../src/model/onnx/index.ts';
import { createContext } from '../src/engine/context.ts';
import { distanceOf, referenceOf } from '../src/optimize/quantize/mixed/index.ts';
import { seeded } from '../src/statistics/index.ts';
import { inChild, tokenBatches, type Job } from './producing.ts';

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
const tokens: Job['tokens'] = { count: 16, rows: 8, length: 64, vocabulary: base.vocabulary };

/** Prints prediction and measurement; files are removed afterwards. */
export const run = async (): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'steelyard-gptq-'));
  try {
    const float = join(folder, 'float.onnx');
    await encodeFile(encoderModel(base, initialWeights(base, seeded(1, 'bert'))), float);
    console.log(
      `quantize/blockwise, 4 bits, blocks of 32, on a BERT-base-shaped model (${base.layers} layers, random weights)`,
    );
    const context = createContext({
      seed: 1,
      workFolder: folder,
      // Other rows than those that calibrate.
      calibration: async function* calibration() {
        yield* tokenBatches({ ...tokens, count: tokens.count + 4 }).slice(tokens.count);
      },
    });
    const reference = await referenceOf(await decodeFile(float), 4, context);
    let nearest = 0;
    for (const method of ['rtn', 'hqq', 'gptq'] as const) {
      const target = join(folder, `${method}.onnx`);
      const { seconds, cpuSeconds, peakBytes, changes } = await inChild({
        technique: 'quantize/blockwise',
        options: { method },
        source: float,
        target,
        workFolder: folder,
        ...(method === 'gptq' ? { tokens } : {}),
      });
      const { error } = await distanceOf(await decodeFile(target), reference, undefined, context);
      if (method === 'rtn') nearest = error;
      const prediction = method === 'gptq' ? '   (predicted: under 360 s)' : '';
      console.log(
        `  ${method.padEnd(5)} ${seconds.toFixed(1)} s, ${cpuSeconds.toFixed(1)} CPU s, ${changes} layers, peak memory ${(peakBytes / 1e6).toFixed(0)} MB, ` +
          `output error ${(error * 100).toFixed(2)} % on other rows, ${(error / nearest).toFixed(2)} of round to nearest${prediction}`,
      );
      rmSync(target);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
