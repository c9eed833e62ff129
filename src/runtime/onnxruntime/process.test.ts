import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SteelyardError } from '../../contracts/index.ts';
import { Supervised, childEnvironment } from './process.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steelyard-process-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const start = async (code: string, limits: ConstructorParameters<typeof Supervised>[2] = {}): Promise<Supervised> => {
  const path = join(folder, `${Math.random()}.mjs`);
  await writeFile(path, code);
  return new Supervised('m', path, limits);
};
const usage = { kind: 'usage' } as const;
const done = new SteelyardError('runtime/closed', 'closed');

test('a process that aborts leaves its last words', async () => {
  const child = await start(
    `process.on('message', () => { process.stderr.write('\\u001B[31mkernel gave up\\u001B[m\\n'); setTimeout(() => process.abort(), 20); });`,
  );
  await expect(child.ask(usage, 20_000)).rejects.toMatchObject({
    code: 'runtime/crashed',
    message: expect.stringMatching(/SIGABRT.*kernel gave up/s),
  });
  // It stays dead, and says the same again.
  await expect(child.ask(usage, 20_000)).rejects.toMatchObject({ code: 'runtime/crashed' });
});

test('noise on stdout, on the channel and late answers do not confuse it', async () => {
  const child = await start(`process.stdout.write('{"id":1,"ok":true}\\n');
    process.on('message', (m) => { process.send('noise'); process.send({ id: 'x' }); process.send({ id: 999, ok: true, value: 0 });
      process.send({ id: m.id, ok: true, value: 'answer ' + m.id }); });`);
  expect(await child.ask(usage, 20_000)).toMatchObject({ value: 'answer 1' });
  expect(await child.ask(usage, 20_000)).toMatchObject({ value: 'answer 2' });
  await child.kill(done);
});

test('a process that lost its channel is ended', async () => {
  const child = await start(`process.on('message', () => process.disconnect()); setInterval(() => {}, 1000);`);
  await expect(child.ask(usage, 20_000)).rejects.toMatchObject({ code: 'runtime/crashed' });
});

test('a process that hangs is ended', async () => {
  const child = await start(`process.on('message', () => { for (;;); });`);
  await expect(child.ask(usage, 300)).rejects.toMatchObject({ code: 'runtime/timeout' });
});

test('the time limit of a request that waits for another one counts from its turn', async () => {
  const child = await start(`process.on('message', () => {});`);
  let turn = (): void => undefined;
  const begins = new Promise<void>((resolve) => (turn = resolve));
  let over = false;
  const waiting = child.ask(usage, 50, begins).finally(() => (over = true));
  waiting.catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(over).toBe(false);
  turn();
  await expect(waiting).rejects.toMatchObject({ code: 'runtime/timeout' });
});

test('a process that grows past its limit is ended', async (context) => {
  if (process.platform !== 'linux') return context.skip('memory is watched on Linux');
  const child = await start(
    `const all = []; process.on('message', () => setInterval(() => all.push(Buffer.alloc(8 << 20, 1)), 5));`,
    { memoryLimitBytes: 200 << 20 },
  );
  await expect(child.ask(usage, 20_000)).rejects.toMatchObject({ code: 'runtime/memory' });
});

test('cancelling ends the process, before and during a request', async () => {
  const controller = new AbortController();
  const child = await start(`process.on('message', () => {});`, { signal: controller.signal });
  setTimeout(() => controller.abort(new Error('stop')), 50);
  await expect(child.ask(usage, 20_000)).rejects.toMatchObject({ code: 'runtime/closed', cause: { message: 'stop' } });
  const late = await start(`process.on('message', () => {});`, { signal: controller.signal });
  await expect(late.ask(usage, 20_000)).rejects.toMatchObject({ code: 'runtime/closed' });
});

test('an entry that is not a program is a crash with its reason', async () => {
  const child = await start('this is not a program');
  await expect(child.ask(usage, 20_000)).rejects.toMatchObject({
    code: 'runtime/crashed',
    message: expect.stringContaining('SyntaxError'),
  });
});

test('the environment carries no thread counts, no Node flags and no telemetry', () => {
  expect(
    childEnvironment({ OMP_NUM_THREADS: '1', NODE_OPTIONS: '--x', PATH: '/bin', ORT_DISABLE_TELEMETRY: '0' }),
  ).toEqual({
    PATH: '/bin',
    ORT_DISABLE_TELEMETRY: '1',
  });
});

test('a process that rests does not keep its parent alive; one that works does', async () => {
  const held = (): number =>
    process.getActiveResourcesInfo().filter((one) => one === 'PipeWrap' || one === 'ProcessWrap').length;
  const child = await start(`process.on('message', (m) => process.send({ id: m.id, ok: true, value: null }));`);
  await child.ask(usage, 20_000);
  const working = held();
  child.rest();
  // The process, its channel and its two outputs.
  const resting = held();
  expect(resting).toBeLessThanOrEqual(working - 4);
  child.wake('m', {});
  expect(held()).toBe(resting + 4);
  await child.kill(done);
});
