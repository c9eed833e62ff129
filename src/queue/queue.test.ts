import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Machine } from '../contracts/index.ts';
import { commonPostgres, postgresOrSkip } from '../testing/postgres.ts';
import { anyWorker, openDispatch, overview, work, type Envelope, type Requirement, type Worker } from './index.ts';

const machine = (digest: string): Machine => ({
  cpu: 'test',
  cores: 4,
  memoryBytes: 8e9,
  instructionSets: ['avx', 'avx2'],
  os: 'Linux',
  kernel: '6',
  governor: null,
  cgroupCpuLimit: null,
  node: '20',
  onnxruntime: '1.30.0',
  steelyard: '1.0.0',
  digest,
});

describe.runIf(postgresOrSkip('the queue'))('the queue', () => {
  let url = '';
  let count = 0;
  const stops: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    url = await (await commonPostgres()).database(`queue_${process.pid}_${Date.now()}`);
  });
  afterAll(async () => {
    await Promise.all(stops.map((stop) => stop()));
  });

  const hire = (
    perform: (job: Envelope, signal: AbortSignal) => Promise<void>,
    more: Partial<Worker> & { host?: string; lapseSeconds?: number; graceSeconds?: number; once?: boolean } = {},
  ) => {
    const { host = 'here', lapseSeconds = 2, graceSeconds = 5, once = false, ...own } = more;
    const leaving = new AbortController();
    const name = own.name ?? `worker ${++count}`;
    const worker: Worker = {
      id: `${name} ${Math.random()}`,
      name,
      version: '1.0.0',
      machine: machine('sha256:a'),
      labels: {},
      size: 1,
      ...own,
    };
    const said: string[] = [];
    const ended = work({
      url,
      worker,
      host,
      lapseSeconds,
      graceSeconds,
      once,
      signal: leaving.signal,
      perform,
      describe: ({ key }) => key,
      say: (_level, message) => said.push(message),
    });
    const stop = async (): Promise<number> => {
      leaving.abort();
      return ended;
    };
    stops.push(() => stop().catch(() => undefined));
    return { said, ended, stop, leave: () => leaving.abort() };
  };
  const sender = (run: string, signal = new AbortController().signal, patienceSeconds = 5) =>
    openDispatch({ url, run, version: '1.0.0', signal, patienceSeconds, lapseSeconds: 1 });
  const orders = (keys: readonly string[], required: Partial<Requirement> = {}, alone = false) =>
    keys.map((key) => ({ key, body: { key }, alone, required: { ...anyWorker, ...required } }));

  test('two workers do everything once, and equal keys are one job', async () => {
    const seen: string[] = [];
    const hands = [hire(async ({ key }) => void seen.push(key)), hire(async ({ key }) => void seen.push(key))];
    const dispatch = await sender('plain');
    const told: number[] = [];
    const keys = Array.from({ length: 20 }, (_, at) => `k${at}`);
    expect(await dispatch.perform(orders([...keys, 'k0']), (done) => told.push(done))).toEqual([]);
    expect(seen.toSorted()).toEqual(keys.toSorted());
    expect(told.at(-1)).toBe(20);
    expect((await dispatch.workers()).map(({ name }) => name)).toHaveLength(2);
    await dispatch.close();
    expect((await Promise.all(hands.map(({ stop }) => stop()))).reduce((a, b) => a + b)).toBe(20);
    expect((await overview(url)).workers).toEqual([]);
  });

  test('work goes to those who can do it; nobody there is an error that says what is missing', async () => {
    const seen: string[] = [];
    const note = (who: string) => async (): Promise<void> => void seen.push(who);
    const small = hire(note('small'), { name: 'small', labels: { site: 'lab' } });
    const other = hire(note('other'), {
      name: 'other',
      machine: { ...machine('sha256:b'), instructionSets: ['neon'] },
    });
    const dispatch = await sender('fits', undefined, 0.6);
    await dispatch.perform(orders(['a', 'b'], { labels: { site: 'lab' } }));
    await dispatch.perform(orders(['c'], { instructionSets: ['neon'] }));
    expect(seen).toEqual(['small', 'small', 'other']);
    const fails = await dispatch
      .perform(orders(['d'], { labels: { site: 'roof' }, instructionSets: ['avx512f'], coresAtLeast: 16 }))
      .catch((error: unknown) => error);
    expect(fails).toMatchObject({ code: 'queue/no-worker' });
    const { message } = fails as Error;
    for (const part of [
      'small lacks label site=roof (it says site=lab), instruction set avx512f, 16 cores (it has 4)',
      'other lacks label site=roof, instruction set avx512f',
    ])
      expect(message).toContain(part);
    await dispatch.close();
    await Promise.all([small.stop(), other.stop()]);
  });

  test('another version is refused on both sides, with both versions named', async () => {
    const dispatch = await sender('versions', undefined, 0.5);
    const sent = dispatch.perform(orders(['a'])).catch((error: unknown) => error);
    await sleep(150);
    const worker = hire(async () => undefined, { version: '0.9.0', lapseSeconds: 5 });
    await expect(worker.ended).rejects.toMatchObject({
      code: 'queue/version',
      message: expect.stringMatching(/0\.9\.0.*1\.0\.0/) as string,
    });
    expect(await sent).toMatchObject({ code: 'queue/no-worker' });
    await dispatch.close();
    const early = hire(async () => undefined, { version: '0.8.0', name: 'old' });
    const again = await sender('versions 2', undefined, 0.5);
    while ((await again.workers()).length === 0) await sleep(20);
    // It is on the list and is asked at once: the sender's complaint names it whether or not it has left by then.
    const [mine, its] = await Promise.all([
      again.somebody(anyWorker).catch((error: unknown) => error),
      early.ended.catch((error: unknown) => error),
    ]);
    expect(its).toMatchObject({ code: 'queue/version' });
    expect(['queue/version', 'queue/no-worker']).toContain((mine as { code: string }).code);
    await again.close();
  });

  test('a job that fails is tried again, and given up with its last reason', async () => {
    let tries = 0;
    const worker = hire(async ({ key }) => {
      if (key === 'bad' || ++tries === 1) throw new Error(`no luck with ${key}`);
    });
    const dispatch = await sender('fails');
    const give = dispatch.perform(orders(['good']));
    await give;
    expect(tries).toBe(2);
    await dispatch.close();
    await worker.stop();
  }, 20_000);

  test('what is cancelled is taken back, and who works on it is told', async () => {
    const told: string[] = [];
    const worker = hire(
      (job, signal) =>
        new Promise((_, reject) => {
          told.push(job.key);
          signal.addEventListener('abort', () => reject(new Error('aborted')));
        }),
    );
    const stop = new AbortController();
    const dispatch = await sender('cancelled', stop.signal);
    const performing = dispatch.perform(orders(['a', 'b', 'c'])).catch((error: unknown) => error);
    while (told.length === 0) await sleep(10);
    stop.abort();
    expect(await performing).toMatchObject({ code: 'engine/cancelled' });
    while (!worker.said.some((line) => line.startsWith('dropped'))) await sleep(10);
    const { runs, failed } = await overview(url);
    expect(runs.filter(({ run }) => run === 'cancelled')).toEqual([]);
    expect(failed.filter(({ run }) => run === 'cancelled')).toEqual([]);
    expect(told).toHaveLength(1);
    await dispatch.close();
    await worker.stop();
  });

  test('who is asked to leave gives its job back at once, with all its attempts', async () => {
    const first = hire(
      (_, signal) => new Promise((__, reject) => signal.addEventListener('abort', () => reject(new Error('leaving')))),
      { graceSeconds: 0.05 },
    );
    const dispatch = await sender('returns');
    const performing = dispatch.perform(orders(['a']));
    while (!(await dispatch.workers()).some(({ doing }) => doing === 'a')) await sleep(20);
    first.leave();
    let by = '';
    const second = hire(async () => void (by = 'second'));
    expect(await performing).toEqual([]);
    expect(by).toBe('second');
    expect(first.said).toContain('given back: a');
    await dispatch.close();
    await Promise.all([first.stop(), second.stop()]);
  });

  test('timing runs alone on its machine', async () => {
    let others = 0;
    let beside = -1;
    let most = 0;
    const perform = async ({ alone }: Envelope): Promise<void> => {
      if (alone) {
        beside = others;
        await sleep(80);
        beside = Math.max(beside, others);
        return;
      }
      most = Math.max(most, ++others);
      await sleep(60);
      others--;
    };
    const hands = [hire(perform, { size: 2, host: 'one' }), hire(perform, { host: 'one' })];
    const dispatch = await sender('alone');
    await dispatch.perform([
      ...orders(['a', 'b', 'c', 'd', 'e', 'f']),
      ...orders(['t1'], {}, true),
      ...orders(['g', 'h', 'i']),
    ]);
    expect(beside).toBe(0);
    expect(most).toBeGreaterThan(1);
    await dispatch.close();
    await Promise.all(hands.map(({ stop }) => stop()));
  });

  test('a worker for once ends when nothing waits', async () => {
    const idle = hire(async () => undefined, { once: true });
    expect(await idle.ended).toBe(0);
    const dispatch = await sender('once');
    const performing = dispatch.perform(orders(['a', 'b', 'c']));
    await sleep(100);
    expect(await hire(async () => undefined, { once: true }).ended).toBe(3);
    expect(await performing).toEqual([]);
    await dispatch.close();
  });
});
