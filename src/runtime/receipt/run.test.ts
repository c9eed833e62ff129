import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultSessionOptions, type Value } from '../../contracts/index.ts';
import { parseText } from '../../model/graph/index.ts';
import { encode } from '../../model/onnx/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { profileRun } from './run.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steelyard-profiled-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const x: Value = { dtype: 'float32', dims: [2, 64], data: new Float32Array(128).fill(1) };
const write = async (name: string, text: string): Promise<string> => {
  const w = tensor('float32', [64, 64], new Float32Array(4096).fill(0.5));
  await writeFile(join(folder, name), await encode(parseText(text, { tensors: { w } })));
  return join(folder, name);
};
const settings = async (more: { large?: boolean; seconds?: number } = {}) => ({
  folder: await mkdtemp(join(folder, 'work-')),
  session: defaultSessionOptions,
  feeds: [{ x }],
  seconds: 0,
  large: false,
  ...more,
});
const text =
  'x: float32[N, 64]; w = float32[64, 64] {...}; i = Identity(x); m = MatMul(i, w) as "mm"; y = Relu(m); -> y: float32[N, 64]';

test('the optimized graph and the times of its kernels', async () => {
  const path = await write('plain.onnx', text);
  const run = await profileRun(path, await settings());
  // The Identity is gone: this is the graph that ran.
  expect(run.optimized.graph.nodes.map(({ op }) => op)).toEqual(['MatMul', 'Relu']);
  expect(run.runs).toBe(1);
  expect(run.unread).toBe(0);
  expect(run.events).toMatchObject([
    { name: 'mm', op: 'MatMul', calls: 1, firstInput: { dtype: 'float', dims: [2, 64] } },
    { op: 'Relu', calls: 1 },
  ]);
  const longer = await profileRun(path, await settings({ seconds: 0.2 }));
  expect(longer.runs).toBeGreaterThan(5);
  expect(longer.events[0]!.calls).toBe(longer.runs);
});

test('weights of a large model lie beside its optimized graph', async () => {
  const path = await write('large.onnx', text);
  const work = await settings({ large: true });
  const { optimized } = await profileRun(path, work);
  const [weight] = [...optimized.graph.initializers.values()];
  expect(weight?.data).toMatchObject({ kind: 'file', path: join(work.folder, 'optimized.data') });
});

test('names that break the profile’s own form are read all the same', async () => {
  const path = await write(
    'names.onnx',
    'x: float32[N, 64]; a = Relu(x) as "bad\\"name\\n{,"; y = Neg(a) as "\\u001b[31m"; -> y: float32[N, 64]',
  );
  const { events, unread } = await profileRun(path, await settings());
  expect(unread).toBe(0);
  expect(events.map(({ op }) => op)).toEqual(['Relu', 'Neg']);
});

test('a model that does not load, feeds that do not fit, no feeds', async () => {
  const broken = await write('broken.onnx', 'x: float32[N, 64]; y = com.example.Nothing(x); -> y: float32[N, 64]');
  await expect(profileRun(broken, await settings())).rejects.toMatchObject({ code: 'runtime/load' });
  const path = await write('feeds.onnx', text);
  const wrong: Value = { dtype: 'float32', dims: [2, 3], data: new Float32Array(6) };
  await expect(profileRun(path, { ...(await settings()), feeds: [{ x: wrong }] })).rejects.toMatchObject({
    code: 'runtime/run',
  });
  await expect(profileRun(path, { ...(await settings()), feeds: [] })).rejects.toMatchObject({
    code: 'runtime/profile',
  });
});
