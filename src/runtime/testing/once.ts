// Entry of a process that runs many small models from memory, one after another: for conformance tests.
import type { InferenceSession as OrtSession, Tensor as OrtTensor } from 'onnxruntime-node';
import type { DataType, Feeds, Value, ValueArray } from '../../contracts/index.ts';

export interface OnceRequest {
  readonly id: number;
  readonly model: Uint8Array;
  readonly feeds: Feeds;
}
export type OnceReply =
  | { readonly id: number; readonly outputs: Readonly<Record<string, Value>> }
  | { readonly id: number; readonly step: 'load' | 'run'; readonly message: string };

process.on('disconnect', () => process.exit(0));
Reflect.deleteProperty(globalThis, 'Float16Array');
const library = import('onnxruntime-node');

const once = async ({ id, model, feeds }: OnceRequest): Promise<OnceReply> => {
  const { InferenceSession, Tensor } = await library;
  const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));
  let session: OrtSession;
  try {
    session = await InferenceSession.create(model, {
      executionProviders: ['cpu'],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      logSeverityLevel: 4,
    });
  } catch (error) {
    return { id, step: 'load', message: message(error) };
  }
  try {
    const given = Object.entries(feeds).filter(([name]) => session.inputNames.includes(name));
    const tensors = given.map(([name, { dtype, data, dims }]): [string, OrtTensor] => [
      name,
      new Tensor(dtype as 'float32', data as Float32Array, dims),
    ]);
    const results = Object.entries(await session.run(Object.fromEntries(tensors)));
    const outputs = results.map(([name, tensor]): [string, Value] => [
      name,
      { dtype: tensor.type as DataType, dims: [...tensor.dims], data: tensor.data as ValueArray },
    ]);
    return { id, outputs: Object.fromEntries(outputs) };
  } catch (error) {
    return { id, step: 'run', message: message(error) };
  } finally {
    await session.release();
  }
};

process.on('message', (request: OnceRequest) => {
  void once(request).then((reply) => process.send?.(reply));
});
