import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import type { Graph, Model } from '../../contracts/index.ts';
import { graphsOf } from '../../model/graph/index.ts';
import { decode, encodeFile } from '../../model/onnx/index.ts';

const count = (graphs: readonly Graph[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { nodes } of graphs) for (const { op } of nodes) counts[op] = (counts[op] ?? 0) + 1;
  return counts;
};

/** The operators of a model, counted, bodies included. */
export const allOperators = (model: Model): Record<string, number> => count(graphsOf(model));

/** What ONNX Runtime makes of a model: operators and weight types of its optimized graph, bodies included. */
export const optimizedBy = async (
  model: Model,
  config: Readonly<Record<string, string>> = {},
): Promise<{
  readonly operators: Record<string, number>;
  readonly weights: readonly string[];
  readonly model: Model;
}> => {
  const folder = await mkdtemp(join(tmpdir(), 'steelyard-fused-'));
  try {
    await encodeFile(model, join(folder, 'model.onnx'));
    const fused = join(folder, 'fused.onnx');
    const session = await InferenceSession.create(join(folder, 'model.onnx'), {
      optimizedModelFilePath: fused,
      extra: { ...config },
      // It warns that what it writes fits this machine only, which is what is asked here.
      logSeverityLevel: 3,
    });
    await session.release();
    const optimized = decode(await readFile(fused));
    const graphs = graphsOf(optimized);
    const weights = graphs.flatMap(({ initializers }) => [...initializers.values()].map(({ dtype }) => dtype));
    return { operators: count(graphs), weights, model: optimized };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
