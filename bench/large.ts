// A model with the shapes of a 7-billion-parameter decoder in external data, to 4 bits: time and peak memory.
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tensor } from '../src/contracts/index.ts';
import { parseText } from '../src/model/graph/index.ts';
import { encodeFile } from '../src/model/onnx/index.ts';
import { seeded } from '../src/statistics/index.ts';
import { inChild } from './producing.ts';

const width = 4096;
const ffn = 11_008;
const products = [
  ['q', width, width],
  ['k', width, width],
  ['v', width, width],
  ['o', width, width],
  ['gate', width, ffn],
  ['up', width, ffn],
  ['down', ffn, width],
] as const;
const layerBytes = products.reduce((sum, [, k, n]) => sum + 4 * k * n, 0);
const megabyte = 1e6;
const gigabyte = 1e9;

/** Normal numbers, as many as the largest tensor and a little more: every tensor is a window at another place. */
const writePool = (path: string): number => {
  const extra = 1 << 20;
  const total = width * ffn + extra;
  const random = seeded(1, 'large');
  const block = Float32Array.from({ length: 1 << 20 }, () => random.normal() * 0.02);
  const file = openSync(path, 'w');
  try {
    for (let at = 0; at < total; at += block.length) {
      // Another scale for each piece, so that no two blocks of a column are alike.
      const piece = block.map((value) => value * (0.5 + random.next()));
      writeSync(file, new Uint8Array(piece.buffer, 0, Math.min(block.length, total - at) * 4));
    }
  } finally {
    closeSync(file);
  }
  return extra;
};

const layerText = (i: number): string => `
  q${i} = MatMul(h${i}, wq${i}); k${i} = MatMul(h${i}, wk${i}); v${i} = MatMul(h${i}, wv${i})
  m${i} = Mul(q${i}, k${i}); a${i} = Add(m${i}, v${i}); o${i} = MatMul(a${i}, wo${i}); r${i} = Add(h${i}, o${i})
  g${i} = MatMul(r${i}, wgate${i}); s${i} = Sigmoid(g${i}); u${i} = MatMul(r${i}, wup${i}); t${i} = Mul(s${i}, u${i})
  d${i} = MatMul(t${i}, wdown${i}); h${i + 1} = Add(r${i}, d${i})`;

/** Prints prediction and measurement; files are removed afterwards. `STEELYARD_BENCH_LAYERS` makes it smaller. */
export const run = async (): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'steelyard-large-'));
  try {
    const { bavail, bsize } = statfsSync(folder);
    // The model, the result twice (set aside, then written), and room to breathe.
    const possible = Math.floor((bavail * bsize * 0.6) / (1.3 * layerBytes));
    const layers = Math.min(Number(process.env['STEELYARD_BENCH_LAYERS'] ?? 10), possible);
    if (layers < 1) {
      console.log(`skipped: ${folder} has too little room for one layer of ${(layerBytes / gigabyte).toFixed(1)} GB`);
      return;
    }
    const pool = join(folder, 'pool');
    const places = writePool(pool);
    const random = seeded(2, 'places');
    const tensors: Record<string, Tensor> = {};
    let text = `x: float32[N, ${width}]\n h0 = Identity(x)`;
    for (let i = 0; i < layers; i++) {
      for (const [name, k, n] of products) {
        tensors[`w${name}${i}`] = {
          dtype: 'float32',
          dims: [k, n],
          data: { kind: 'file', path: pool, offset: 4 * random.integer(places), length: 4 * k * n },
        };
        text = `w${name}${i} = float32[${k}, ${n}] {...}\n ${text}`;
      }
      text += layerText(i);
    }
    const model = parseText(`${text}\n -> h${layers}: float32[N, ${width}]`, { tensors });
    const source = join(folder, 'model.onnx');
    await encodeFile(model, source, { externalData: 'always' });
    rmSync(pool);
    const bytes = (path: string): number =>
      statSync(path).size + (statSync(`${path}_data`, { throwIfNoEntry: false })?.size ?? 0);
    console.log(
      `${layers} layers of a 7-billion-parameter decoder (${(bytes(source) / gigabyte).toFixed(2)} GB in float32, external data)`,
    );
    const target = join(folder, 'blocks.onnx');
    const { seconds, cpuSeconds, peakBytes, changes } = await inChild({
      technique: 'quantize/blockwise',
      options: { method: 'rtn' },
      source,
      target,
      workFolder: folder,
    });
    console.log(
      `  4 bits, round to nearest: ${seconds.toFixed(0)} s, ${cpuSeconds.toFixed(0)} CPU s, ${changes} of ${layers * products.length} matrices, ` +
        `${(bytes(target) / gigabyte).toFixed(2)} GB; peak memory ${(peakBytes / megabyte).toFixed(0)} MB   (predicted: under 1,500 MB)`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
