import { expect, test } from 'vitest';
import type { Chain, Context, Machine } from '../../contracts/index.ts';
import { encoderSample, learningFor } from '../../optimize/testing/learning.ts';
import { context, input, model } from '../../optimize/testing/quantized.ts';
import { readMachine } from '../../runtime/index.ts';
import { defaultChains } from './candidates.ts';

const on = async (...instructionSets: string[]): Promise<Machine> => ({ ...(await readMachine()), instructionSets });

const network = () => model('x: float32[N, 64]; w = float32[64, 32]{...}; y = MatMul(x, w)');
const idsOn = async (machine: Machine, calibration: Context['calibration'] = null) =>
  (await defaultChains(network(), machine, await context(calibration))).map(({ id }) => id);

test('remedies against saturation join the list only where the kernels saturate', async () => {
  const seven = 'quantize/dynamic(bits=7, perChannel=true)';
  expect(await idsOn(await on('avx2', 'avx512_vnni'))).not.toContain(seven);
  expect(await idsOn(await on('avx2'))).toEqual(
    expect.arrayContaining([seven, 'quantize/dynamic(weightType=uint8)', 'quantize/dynamic(exact=true)']),
  );
  expect(await idsOn(await on('neon'))).not.toContain(seven);
});

test('what needs calibration data is tried only where there is some', async () => {
  const machine = await on('avx2');
  expect((await idsOn(machine)).filter((id) => /static|gptq/.test(id))).toEqual([]);
  const rows = async function* () {
    yield { x: input([2, 64], 'rows') };
  };
  expect((await idsOn(machine, rows)).filter((id) => /static|gptq/.test(id))).toHaveLength(2);
});

test('tables are a step only where there is one, and convolutions a version only where there are some', async () => {
  const machine = await on('avx2');
  expect((await idsOn(machine)).filter((id) => id.includes('embedding'))).toEqual([]);
  const rich = model(
    `ids: int64[N]; t = float32[200, 64]{...}; w = float32[64, 32]{...}; e = Gather(t, ids); y = MatMul(e, w)
     x: float32[1, 3, 8, 8]; k = float32[4, 3, 3, 3]{...}; z = Conv(x, k)`,
  );
  const ids = (await defaultChains(rich, machine, await context())).map(({ id }) => id);
  expect(ids).toContain('quantize/dynamic + quantize/embedding');
  expect(ids).toContain('quantize/dynamic(operators=*) + quantize/embedding');
  expect(new Set(ids).size).toBe(ids.length);
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

test('students join where there is data to learn from and time to train; each is trained once', async () => {
  const machine = await on('avx2', 'avx512_vnni');
  const learning = learningFor(encoderSample);
  const world = { ...(await context()), learning };
  const ids = (chains: readonly Chain[]) => chains.map(({ id }) => id).filter((id) => id.includes('distill'));
  const chains = await defaultChains(encoderSample.model, machine, world, 10);
  expect(ids(chains)).toEqual([
    expect.stringMatching(/distill\/student \+ fuse\/upstream-gather$/) as string,
    expect.stringMatching(/distill\/student \+ fuse\/upstream-gather \+ quantize\/dynamic/) as string,
  ]);
  const student = chains.find(({ id }) => id.includes('distill/student'))!;
  expect(student.steps.at(-2)).toEqual({
    technique: 'distill/student',
    options: { minutes: expect.closeTo(1.62) as number },
  });
  expect(ids(await defaultChains(encoderSample.model, machine, world))).toEqual([]);
  expect(ids(await defaultChains(encoderSample.model, machine, await context(), 10))).toEqual([]);
  expect(ids(await defaultChains(network(), machine, world, 10))).toEqual([]);
});
