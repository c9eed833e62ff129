import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SteelyardError, type Chain, type Store } from '../../contracts/index.ts';
import { encodeFile } from '../../model/onnx/index.ts';
import { dynamic } from '../../optimize/quantize/dynamic.ts';
import { context, input, model } from '../../optimize/testing/quantized.ts';
import { openStore } from '../../records/index.ts';
import { buildChain } from './build.ts';

let folder: string;
let store: Store;
const modelPath = (): string => join(folder, 'model.onnx');
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steelyard-build-'));
  store = await openStore(join(folder, 'store'));
  await encodeFile(model('x: float32[N, 64]; w = float32[64, 32]{...}; h = MatMul(x, w); y = Relu(h)'), modelPath());
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const chain = (...techniques: string[]): Chain => ({
  id: techniques.join(' + '),
  steps: techniques.map((technique) => ({ technique, options: {} })),
  session: {},
});

const build = async (one: Chain, into: Store = store) => {
  const world = await context();
  const original = await world.open(modelPath());
  try {
    const source = { modelPath: modelPath(), session: {}, inputs: [{ x: input([4, 64], 'x') }], original };
    return await buildChain(one, source, into, join(folder, 'work'), world);
  } finally {
    await original.close();
  }
};

test('a built version is verified on real inputs and kept by digest', async () => {
  const outcome = await build(chain('quantize/dynamic'));
  if (outcome.kind !== 'built') throw new Error(outcome.kind);
  expect(outcome.files.map(({ name }) => name)).toEqual(['model_quantized.onnx']);
  expect(outcome.verification).toMatchObject({ inputs: 1 });
  expect(outcome.verification!.relativeError).toBeLessThan(outcome.verification!.tolerance!);
  expect(outcome.steps[0]).toMatchObject({ technique: 'quantize/dynamic', version: dynamic.version });
  await expect(store.path(outcome.files[0]!.digest)).resolves.toContain('artifacts');
});

test('a refusal, and a step with nothing to do, end the chain with their reason', async () => {
  expect(await build(chain('quantize/embedding'))).toMatchObject({
    kind: 'refused',
    technique: 'quantize/embedding',
    refusal: { reason: 'the graph has no Gather' },
  });
  const nothing = await build(chain('quantize/dynamic', 'quantize/dynamic'));
  expect(nothing).toMatchObject({ kind: 'refused', technique: 'quantize/dynamic' });
});

test('a full disk is not remembered as the fault of a candidate', async () => {
  const full: Store = Object.create(store, {
    put: { value: () => Promise.reject(new SteelyardError('store/no-space', 'no disk space left')) },
  }) as Store;
  await expect(build(chain('quantize/dynamic'), full)).rejects.toMatchObject({ code: 'store/no-space' });
});
