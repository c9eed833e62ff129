import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SteelyardError } from '../../contracts/index.ts';
import type { Feeds, Session, Value } from '../../contracts/index.ts';
import { parseText } from '../../model/graph/index.ts';
import { encode } from '../../model/onnx/index.ts';
import { openSession, prepareProcess } from './index.ts';
import { hasSpare, takeSpare } from './spare.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steelyard-session-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let files = 0;
const write = async (text: string): Promise<string> => {
  const path = join(folder, `${files++}.onnx`);
  await writeFile(path, await encode(parseText(text)));
  return path;
};
const open = async (
  text: string,
  ...rest: Parameters<typeof openSession> extends [string, ...infer R] ? R : never
): Promise<Session> => openSession(await write(text), ...rest);
const value = (dtype: Value['dtype'], dims: number[], data: Value['data']): Value => ({ dtype, dims, data });
const floats = (...data: number[]): Value => value('float32', [data.length], Float32Array.from(data));

/** Runs `n` times around: a call that lasts as long as wanted. */
const loop = `n: int64[]; x: float32[2]; go = bool[] {1};
  y = Loop(n, go, x) {body: graph "body" { i: int64[]; c: bool[]; v: float32[2]; c2 = Identity(c); v2 = Neg(v); -> c2: bool[], v2: float32[2] }}
  -> y: float32[2]`;
const times = (n: bigint): Feeds => ({ n: value('int64', [], BigInt64Array.of(n)), x: floats(1, 2) });
const forever = times(1n << 60n);

const childrenOf = (pid: number): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return (
          readFileSync(`/proc/${name}/stat`, 'utf8')
            .replace(/^.*\) /s, '')
            .split(' ')[1] === String(pid)
        );
      } catch {
        return false;
      }
    })
    .map(Number);
const gone = async (pid: number): Promise<boolean> => {
  for (let i = 0; i < 100; i++) {
    if (!existsSync(`/proc/${pid}`) || /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) return true;
    await new Promise((next) => setTimeout(next, 50));
  }
  return false;
};

test('says what goes in and out, runs, and measures', async () => {
  const session = await open('x: float32[N, ?, 2]; y = Relu(x); -> y: float32[N, ?, 2]');
  expect(session.inputs).toEqual([{ name: 'x', type: { kind: 'tensor', dtype: 'float32', dims: ['N', null, 2] } }]);
  expect(session.outputs.map(({ name }) => name)).toEqual(['y']);
  const result = await session.run({ x: value('float32', [1, 1, 2], Float32Array.of(-1, 2)) });
  expect(result.outputs['y']).toEqual(value('float32', [1, 1, 2], Float32Array.of(0, 2)));
  expect(result.durationMs).toBeGreaterThan(0);
  expect(session.startMs).toBeGreaterThan(session.loadMs);
  const usage = await session.usage();
  expect(usage.peakRssBytes).toBeGreaterThanOrEqual(usage.rssBytes);
  expect(usage.rssBytes).toBeGreaterThan(10 << 20);
  expect(usage.cpuMs).toBeGreaterThan(0);
  await session.close();
  await expect(session.run({})).rejects.toMatchObject({ code: 'runtime/closed' });
});

test('carries every type that can travel, bit for bit, also empty and at odd offsets', async () => {
  const cases: Value[] = [
    value('float32', [2], Float32Array.of(NaN, -0)),
    value('float64', [2], Float64Array.of(1e300, -Infinity)),
    value('float16', [3], Uint16Array.of(0x3c00, 0x7c00, 0x0001)),
    value('int8', [2], Int8Array.of(-128, 127)),
    value('uint8', [2], Uint8Array.of(0, 255)),
    value('int16', [1], Int16Array.of(-32768)),
    value('uint16', [1], Uint16Array.of(65535)),
    value('int32', [1], Int32Array.of(-2147483648)),
    value('uint32', [1], Uint32Array.of(4294967295)),
    value('int64', [2], BigInt64Array.of(-(1n << 63n), (1n << 63n) - 1n)),
    value('uint64', [1], BigUint64Array.of((1n << 64n) - 1n)),
    value('bool', [2], Uint8Array.of(0, 1)),
    value('string', [2], ['', 'grüße 🌍']),
    value('float32', [0, 3], new Float32Array(0)),
    value('float32', [1], new Float32Array(Float32Array.of(9, 7).buffer, 4, 1)),
  ];
  const text = cases.map((one, i) => `x${i}: ${one.dtype}[${one.dims.join(', ')}]; y${i} = Identity(x${i})`).join('\n');
  const ends = cases.map((one, i) => `y${i}: ${one.dtype}[${one.dims.join(', ')}]`).join(', ');
  const session = await open(`${text}\n-> ${ends}`);
  const { outputs } = await session.run(Object.fromEntries(cases.map((one, i) => [`x${i}`, one])));
  for (const [i, one] of cases.entries()) {
    expect(outputs[`y${i}`]!.data.constructor).toBe(one.data.constructor);
    expect(outputs[`y${i}`]).toEqual(one);
  }
  await session.close();
});

test('keeps an output in the process and feeds it again, until it is fed explicitly', async () => {
  const session = await open(
    'x: float32[1]; w: float32[1]; w2 = Add(w, x); y = Mul(w, x); -> y: float32[1], w2: float32[1]',
  );
  const keep = { w2: 'w' };
  expect((await session.run({ x: floats(1), w: floats(10) }, { keep })).outputs).toEqual({ y: floats(10) });
  await session.run({ x: floats(2) }, { keep });
  expect(await session.read(['w'])).toEqual({ w: floats(13) });
  expect((await session.run({ x: floats(2) }, { fetch: ['y', 'w2'] })).outputs).toEqual({
    y: floats(26),
    w2: floats(15),
  });
  await session.run({ x: floats(1), w: floats(0) });
  await expect(session.read(['w'])).rejects.toMatchObject({ code: 'runtime/run' });
  await expect(session.run({ x: floats(1) })).rejects.toMatchObject({ code: 'runtime/run' });
  const zeros = { w: [1] };
  expect((await session.run({ x: floats(4) }, { fetch: ['w2'], keep, zeros })).outputs).toEqual({ w2: floats(4) });
  expect((await session.run({ x: floats(4) }, { fetch: ['w2'], zeros })).outputs).toEqual({ w2: floats(4) });
  await expect(session.read(['w'])).rejects.toMatchObject({ code: 'runtime/run' });
  await session.close();
});

test('calls are executed in order, and a refused one harms no other', async () => {
  const session = await open('x: float32[1]; w: float32[1]; w2 = Add(w, x); -> w2: float32[1]');
  const keep = { w2: 'w' };
  const calls = [
    session.run({ x: floats(1), w: floats(0) }, { keep }),
    session.run({ nonsense: floats(1) }),
    ...Array.from({ length: 5 }, () => session.run({ x: floats(1) }, { keep })),
  ];
  const outcomes = await Promise.allSettled(calls);
  expect(outcomes.map(({ status }) => status).filter((status) => status === 'rejected')).toHaveLength(1);
  expect(await session.read(['w'])).toEqual({ w: floats(6) });
  await session.close();
});

test('calls that do not wait for each other get their own answers, also around a refused one; CPU time only where it is wanted', async () => {
  const session = await open('x: float32[N]; y = Add(x, x); -> y: float32[N]');
  const outcomes = await Promise.allSettled(
    Array.from({ length: 9 }, (_, n) => session.run({ [n === 4 ? 'nonsense' : 'x']: floats(n) }, { cpu: n % 2 === 0 })),
  );
  expect(outcomes.map((one) => (one.status === 'fulfilled' ? one.value.outputs['y']!.data[0] : null))).toEqual([
    0,
    2,
    4,
    6,
    null,
    10,
    12,
    14,
    16,
  ]);
  const cpu = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [Number.isNaN(one.value.cpuMs)] : []));
  expect(cpu).toEqual([false, true, false, true, true, false, true, false]);
  await session.close();
});

test('what the runtime refuses is a coded error and the session lives on', async () => {
  const session = await open('x: float32[N, K]; w: float32[K, M]; y = MatMul(x, w); -> y: float32[N, M]');
  const two = value('float32', [1, 2], Float32Array.of(1, 2));
  await expect(session.run({ x: two, w: two })).rejects.toMatchObject({ code: 'runtime/run' });
  expect((await session.run({ x: two, w: { ...two, dims: [2, 1] } })).outputs['y']!.data).toEqual(Float32Array.of(5));
  await session.close();
});

test('files that are no models, and types that cannot travel, are refused at loading', async () => {
  const junk = join(folder, 'junk.onnx');
  await writeFile(junk, 'not a model');
  await expect(openSession(junk)).rejects.toMatchObject({ code: 'runtime/load' });
  await writeFile(junk, '');
  await expect(openSession(junk)).rejects.toMatchObject({ code: 'runtime/load' });
  await expect(openSession(join(folder, 'absent.onnx'))).rejects.toMatchObject({ code: 'runtime/load' });
  await expect(openSession(folder)).rejects.toMatchObject({ code: 'runtime/load' });
  await expect(open('x: float32[1]; y = Cast(x) {to: 16}; -> y: bfloat16[1]')).rejects.toMatchObject({
    code: 'runtime/load',
    message: expect.stringContaining('bfloat16'),
  });
});

test('4-bit outputs, which abort the native binding, are refused before they are run', async () => {
  const session = await open(
    'opset 21; ir 10; x: float32[2]; y = Cast(x) {to: 22}; z = Relu(x); -> y: int4[2], z: float32[2]',
  );
  await expect(session.run({ x: floats(1, 2) })).rejects.toMatchObject({
    code: 'runtime/run',
    message: expect.stringContaining('int4'),
  });
  expect((await session.run({ x: floats(1, 2) }, { fetch: ['z'] })).outputs['z']).toEqual(floats(1, 2));
  await session.close();
});

test('options reach the runtime', async () => {
  await expect(
    open('y = Relu(x)', { intraOpThreads: 2, config: { 'session.intra_op_thread_affinities': 'nonsense' } }),
  ).rejects.toMatchObject({ code: 'runtime/load', message: expect.stringMatching(/affinit/i) });
  const session = await open(loop, {
    intraOpThreads: 2,
    graphOptimization: 'disabled',
    memoryArena: false,
    memoryPattern: false,
  });
  expect((await session.run(times(3n))).outputs['y']).toEqual(floats(-1, -2));
  await session.close();
});

test('a call that never returns is ended by its time limit', async () => {
  const session = await open(loop, {}, { runTimeoutMs: 400 });
  await expect(session.run(forever)).rejects.toMatchObject({ code: 'runtime/timeout' });
  await session.close();
});

test('closing and cancelling end a call in flight', async () => {
  const session = await open(loop);
  const running = expect(session.run(forever)).rejects.toMatchObject({ code: 'runtime/closed' });
  await new Promise((next) => setTimeout(next, 100));
  await session.close();
  await running;
  const controller = new AbortController();
  const other = await open(loop, {}, { signal: controller.signal });
  setTimeout(() => controller.abort(), 50);
  await expect(other.run(forever)).rejects.toMatchObject({ code: 'runtime/closed' });
});

test('a child killed in the middle of a call is an outcome, not the end', async (context) => {
  if (!existsSync('/proc/self/stat')) return context.skip('needs /proc');
  const before = new Set(childrenOf(process.pid));
  const session = await open(loop);
  const [pid] = childrenOf(process.pid).filter((one) => !before.has(one));
  setTimeout(() => process.kill(pid!, 'SIGKILL'), 100);
  await expect(session.run(forever)).rejects.toMatchObject({
    code: 'runtime/crashed',
    message: expect.stringContaining('SIGKILL'),
  });
  const again = await open(loop);
  expect((await again.run(times(2n))).outputs['y']).toEqual(floats(1, 2));
  await again.close();
});

test.each([
  ['idle, without help of the system', true, false],
  ['inside a call that never returns', false, true],
])('a parent killed with -9 leaves no child behind: %s', async (_name, withoutPath, busy) => {
  if (!existsSync('/proc/self/stat')) return;
  const built = resolve(fileURLToPath(import.meta.url), '../../../../dist/src/runtime/onnxruntime/index.js');
  const script = join(folder, `parent-${files++}.mjs`);
  await writeFile(
    script,
    `import { openSession } from ${JSON.stringify(pathToFileURL(built).href)};
     const session = await openSession(${JSON.stringify(await write(loop))});
     const run = (n) => session.run({ n: { dtype: 'int64', dims: [], data: BigInt64Array.of(n) }, x: { dtype: 'float32', dims: [2], data: Float32Array.of(1, 2) } });
     await run(1n);
     ${busy ? 'void run(1n << 60n);' : ''}
     setTimeout(() => console.log('ready'), 100); setInterval(() => {}, 1000);`,
  );
  const env = withoutPath ? { ...process.env, PATH: '/nowhere' } : process.env;
  const parent = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'], env });
  await new Promise((ready) => parent.stdout.once('data', ready));
  const children = childrenOf(parent.pid!);
  expect(children.length).toBeGreaterThan(0);
  parent.kill('SIGKILL');
  for (const pid of children) expect(await gone(pid)).toBe(true);
});

test('a process that may be used again runs the next model, keeps nothing, and survives a refusal', async () => {
  const [negate, exponent] = [
    'x: float32[N]; y = Neg(x); -> y: float32[N]',
    'x: float32[N]; y = Exp(x); -> y: float32[N]',
  ];
  const reused = (text: string): Promise<Session> => open(text, {}, { reuse: true });
  const answer = async (session: Session): Promise<unknown> =>
    (await session.run({ x: floats(1) })).outputs['y']!.data[0];
  const one = await reused(negate);
  expect(await answer(one)).toBe(-1);
  await one.close();
  await expect(answer(one)).rejects.toMatchObject({ code: 'runtime/closed' });
  const two = await reused(exponent);
  // The library is loaded already.
  expect(two.startMs).toBeLessThan(one.startMs);
  expect(await answer(two)).toBeCloseTo(Math.E, 5);
  await two.close();
  const broken = join(folder, 'broken.onnx');
  await writeFile(broken, 'not a model');
  await expect(openSession(broken, {}, { reuse: true })).rejects.toMatchObject({ code: 'runtime/load' });
  const three = await reused(negate);
  expect(await answer(three)).toBe(-1);
  await three.close();
  // Closing again, after the process is someone else's, changes nothing.
  const four = await reused(exponent);
  await three.close();
  expect(await answer(four)).toBeCloseTo(Math.E, 5);
  await four.close();
});

test('a process prepared beforehand is the one that runs the next model', async () => {
  // Others may wait from before.
  for (let spare = takeSpare(); spare !== null; spare = takeSpare())
    await spare.kill(new SteelyardError('runtime/closed', 'closed'));
  prepareProcess();
  prepareProcess();
  expect(hasSpare()).toBe(true);
  const session = await open('x: float32[N]; y = Neg(x); -> y: float32[N]', {}, { reuse: true });
  expect(hasSpare()).toBe(false);
  expect((await session.run({ x: floats(1) })).outputs['y']!.data[0]).toBe(-1);
  await session.close();
});
