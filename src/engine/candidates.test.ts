import { expect, test } from 'vitest';
import type { Machine } from '../contracts/index.ts';
import { context, model } from '../optimize/testing/quantized.ts';
import { readMachine } from '../runtime/index.ts';
import { defaultChains } from './candidates.ts';

const on = async (...instructionSets: string[]): Promise<Machine> => ({ ...(await readMachine()), instructionSets });

test('7-bit weights join the list only where the kernels saturate', async () => {
  const network = model('x: float32[N, 64]; w = float32[64, 32]{...}; y = MatMul(x, w)');
  const ids = async (machine: Machine) => (await defaultChains(network, machine, await context())).map(({ id }) => id);
  expect(await ids(await on('avx2', 'avx512_vnni'))).not.toContain('quantize/dynamic(bits=7, perChannel=true)');
  expect(await ids(await on('avx2'))).toContain('quantize/dynamic(bits=7, perChannel=true)');
  expect(await ids(await on('neon'))).not.toContain('quantize/dynamic(bits=7, perChannel=true)');
});

test('clean-up steps are part of every chain where they change something, and absent where they do not', async () => {
  const machine = await on('avx2', 'avx512_vnni');
  const plain = await defaultChains(
    model('x: float32[N, 64]; w = float32[64, 32]{...}; y = MatMul(x, w)'),
    machine,
    await context(),
  );
  expect(plain.every(({ steps }) => steps.every(({ technique }) => technique.startsWith('quantize/')))).toBe(true);
  const littered = await defaultChains(
    model('x: float32[N, 64]; w = float32[64, 32]{...}; i = Identity(x); y = MatMul(i, w)'),
    machine,
    await context(),
  );
  expect(littered[0]).toMatchObject({ id: 'cleaned graph', steps: [{ technique: 'fuse/drop-identity' }] });
  expect(littered.every(({ steps }) => steps[0]!.technique === 'fuse/drop-identity')).toBe(true);
  expect(new Set(littered.map(({ id }) => id)).size).toBe(littered.length);
});
