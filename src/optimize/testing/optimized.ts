import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import type { Model } from '../../contracts/index.ts';
import { decode, encodeFile } from '../../model/onnx/index.ts';

/** The graph that ONNX Runtime makes of a model with its extended optimizations: what it will really run.
 *  `int8Allowed`: with `session.qdqisint8allowed`. Layout changes for this CPU's convolutions are left out: they are not portable. */
export const optimized = async (subject: Model, int8Allowed = false): Promise<Model> => {
  const folder = await mkdtemp(join(tmpdir(), 'steelyard-optimized-'));
  try {
    await encodeFile(subject, join(folder, 'model.onnx'));
    const path = join(folder, 'optimized.onnx');
    const session = await InferenceSession.create(join(folder, 'model.onnx'), {
      optimizedModelFilePath: path,
      graphOptimizationLevel: 'extended',
      extra: { session: { qdqisint8allowed: int8Allowed ? '1' : '0' } },
    });
    await session.release();
    return decode(await readFile(path));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
