import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commonPostgres, postgresOrSkip } from '../testing/postgres.ts';
import { anyWorker } from './index.ts';
import { handsAt, ordersOf, testMachine, type Hands } from './testing/hands.ts';

describe.runIf(postgresOrSkip('the queue and who fits'))('the queue and who fits', () => {
  const database = `queue_${process.pid}_${Date.now()}`;
  let url = '';
  let hands: Hands;
  beforeAll(async () => {
    url = await (await commonPostgres()).database(database);
    hands = handsAt(url);
  });
  afterAll(() => hands.close());

  test('work goes to those who can do it; nobody there is an error that says what is missing', async () => {
    const seen: string[] = [];
    const note = (who: string) => async (): Promise<void> => void seen.push(who);
    const small = hands.hire(note('small'), { name: 'small', labels: { site: 'lab' } });
    const other = hands.hire(note('other'), {
      name: 'other',
      machine: { ...testMachine('sha256:b'), instructionSets: ['neon'] },
    });
    const dispatch = await hands.sender('fits', undefined, 0.6);
    await dispatch.perform(ordersOf(['a', 'b'], { labels: { site: 'lab' } }));
    await dispatch.perform(ordersOf(['c'], { instructionSets: ['neon'] }));
    expect(seen).toEqual(['small', 'small', 'other']);
    const fails = await dispatch
      .perform(ordersOf(['d'], { labels: { site: 'roof' }, instructionSets: ['avx512f'], coresAtLeast: 16 }))
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

  test('a worker for once ends when nothing waits', async () => {
    const idle = hands.hire(async () => undefined, { once: true });
    expect(await idle.ended).toBe(0);
    const dispatch = await hands.sender('once');
    const performing = dispatch.perform(ordersOf(['a', 'b', 'c']));
    await sleep(100);
    expect(await hands.hire(async () => undefined, { once: true }).ended).toBe(3);
    expect(await performing).toEqual([]);
    await dispatch.close();
  });

  test('a job that fails is tried again after a pause', async () => {
    let tries = 0;
    const worker = hands.hire(async ({ key }) => {
      if (key === 'bad' || ++tries === 1) throw new Error(`no luck with ${key}`);
    });
    const dispatch = await hands.sender('fails');
    await dispatch.perform(ordersOf(['good']));
    expect(tries).toBe(2);
    await dispatch.close();
    await worker.stop();
  }, 20_000);

  test('another version is refused on both sides, with both versions named', async () => {
    const dispatch = await hands.sender('versions', undefined, 0.5);
    const sent = dispatch.perform(ordersOf(['a'])).catch((error: unknown) => error);
    await sleep(150);
    const worker = hands.hire(async () => undefined, { version: '0.9.0', lapseSeconds: 5 });
    await expect(worker.ended).rejects.toMatchObject({
      code: 'queue/version',
      message: expect.stringMatching(/0\.9\.0.*1\.0\.0/) as string,
    });
    expect(await sent).toMatchObject({ code: 'queue/no-worker' });
    await dispatch.close();
    const early = hands.hire(async () => undefined, { version: '0.8.0', name: 'old' });
    const again = await hands.sender('versions 2', undefined, 0.5);
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
});
