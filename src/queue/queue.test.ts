import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { commonPostgres, postgresOrSkip } from '../testing/postgres.ts';
import { overview, type Envelope } from './index.ts';
import { handsAt, ordersOf, type Hands } from './testing/hands.ts';

describe.runIf(postgresOrSkip('the queue'))('the queue', () => {
  const database = `queue_${process.pid}_${Date.now()}`;
  let url = '';
  let hands: Hands;
  beforeAll(async () => {
    url = await (await commonPostgres()).database(database);
    hands = handsAt(url);
  });
  // What one test leaves behind would do the jobs of the next.
  afterEach(() => hands.close());

  test('two workers do everything once, and equal keys are one job', async () => {
    const seen: string[] = [];
    const crew = [
      hands.hire(async ({ key }) => void seen.push(key)),
      hands.hire(async ({ key }) => void seen.push(key)),
    ];
    const dispatch = await hands.sender('plain');
    // One of them alone may be done with all of it before the other has found the database.
    while ((await dispatch.workers()).length < crew.length) await sleep(10);
    const told: number[] = [];
    const keys = Array.from({ length: 20 }, (_, at) => `k${at}`);
    expect(await dispatch.perform(ordersOf([...keys, 'k0']), (done) => told.push(done))).toEqual([]);
    expect(seen.toSorted()).toEqual(keys.toSorted());
    expect(told.at(-1)).toBe(20);
    await dispatch.close();
    expect((await Promise.all(crew.map(({ stop }) => stop()))).reduce((a, b) => a + b)).toBe(20);
    expect((await overview(url)).workers).toEqual([]);
  });

  test('a job that fails every time is given up after four tries, its last reason is told, and it is no longer there', async () => {
    let tries = 0;
    const worker = hands.hire(({ key }) => Promise.reject(new Error(`no luck with ${key}, try ${++tries}`)), {
      name: 'unlucky',
    });
    const dispatch = await hands.sender('given up');
    let over = false;
    const performing = dispatch.perform(ordersOf(['bad'])).finally(() => (over = true));
    const failed = new Set<string>();
    while (!over) {
      for (const one of (await overview(url)).failed) failed.add(`${one.attempts} of ${one.of}: ${one.reason}`);
      // The pauses between tries are the queue's; nobody need sit through them.
      await (await commonPostgres()).sql('update graphile_worker._private_jobs set run_at = now()', database);
      await sleep(50);
    }
    expect(await performing).toEqual([{ key: 'bad', reason: 'unlucky: no luck with bad, try 4' }]);
    expect(tries).toBe(4);
    expect([...failed]).toContain('1 of 4: unlucky: no luck with bad, try 1');
    expect((await overview(url)).failed).toEqual([]);
    await dispatch.close();
    await worker.stop();
  });

  test('what is cancelled is taken back, and who works on it is told', async () => {
    const told: string[] = [];
    const worker = hands.hire(
      (job, signal) =>
        new Promise((_, reject) => {
          told.push(job.key);
          signal.addEventListener('abort', () => reject(new Error('aborted')));
        }),
    );
    const stop = new AbortController();
    const dispatch = await hands.sender('cancelled', stop.signal);
    const performing = dispatch.perform(ordersOf(['a', 'b', 'c'])).catch((error: unknown) => error);
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
    const first = hands.hire(
      (_, signal) => new Promise((__, reject) => signal.addEventListener('abort', () => reject(new Error('leaving')))),
      { graceSeconds: 0.05 },
    );
    const dispatch = await hands.sender('returns');
    const performing = dispatch.perform(ordersOf(['a']));
    while (!(await dispatch.workers()).some(({ doing }) => doing === 'a')) await sleep(20);
    first.leave();
    let by = '';
    const second = hands.hire(async () => void (by = 'second'));
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
    const crew = [hands.hire(perform, { size: 2, host: 'one' }), hands.hire(perform, { host: 'one' })];
    const dispatch = await hands.sender('alone');
    await dispatch.perform([
      ...ordersOf(['a', 'b', 'c', 'd', 'e', 'f']),
      ...ordersOf(['t1'], {}, true),
      ...ordersOf(['g', 'h', 'i']),
    ]);
    expect(beside).toBe(0);
    expect(most).toBeGreaterThan(1);
    await dispatch.close();
    await Promise.all(crew.map(({ stop }) => stop()));
  });
});
