import { workedMs } from '../../testing/work.ts';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { jobs, type Jobs } from './jobs.ts';
import { openWorkersFor, withWorkers, type Workers, type WorkerSettings } from './pool.ts';
import { job } from './types.ts';

const folder = mkdtempSync(join(tmpdir(), 'steelyard-workers-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A thread program of its own. */
const program = (name: string, code: string): string => {
  const path = join(folder, `${name}.mjs`);
  writeFileSync(
    path,
    `import { parentPort } from 'node:worker_threads';\nparentPort.on('message', (order) => { ${code} });`,
  );
  return path;
};
const open = (settings: Partial<WorkerSettings> = {}): Workers<Jobs> => {
  const workers = openWorkersFor(jobs, { signal: new AbortController().signal, always: true, ...settings });
  onTestFinished(() => workers.close());
  return workers;
};
const random = seeded(1, 'pool');
const weight = Float32Array.from({ length: 64 * 24 }, () => random.normal());
const slab = {
  weight,
  columns: 24,
  byColumn: false,
  alpha: 1,
  scheme: { bits: 4, blockSize: 32, symmetric: false },
  method: 'k-quant',
  importance: null,
  packed: true,
} as const;

describe('results', () => {
  test('are the same inline, in one thread and in three', async () => {
    const here = jobs['blocks/slab'].run(slab);
    expect(here.codes.some((code) => code !== 0)).toBe(true);
    for (const threads of [1, 3]) {
      const workers = open({ threads });
      const all = await Promise.all(Array.from({ length: 5 }, () => workers.run('blocks/slab', slab)));
      for (const one of all) expect(one).toEqual(here);
    }
  });

  test('come in the order of the items, and the input stays with the caller', async () => {
    const workers = open({ threads: 2 });
    const rounds: number[] = [];
    await workers.each(
      'blocks/row-sizes',
      [3, 1, 2],
      (rows) => ({ weight: weight.subarray(0, rows), columns: 1, blockSize: 16 }),
      ({ sizes }, rows) => {
        expect(sizes).toHaveLength(rows);
        rounds.push(rows);
      },
    );
    expect(rounds).toEqual([3, 1, 2]);
    expect(weight.byteLength).toBe(64 * 24 * 4);
  });

  test('small jobs need no thread at all', async () => {
    const workers = open({ always: false, entry: join(folder, 'missing.mjs') });
    expect((await workers.run('blocks/slab', slab)).finite).toBe(true);
  });
});

describe('failures', () => {
  test('a thread that dies is a coded error, and the next job gets a new thread', async () => {
    const once = program(
      'dies',
      `if (order.input.columns === 1) process.exit(3); parentPort.postMessage({ id: order.id, kind: 'done', output: { ok: true } });`,
    );
    const workers = open({ threads: 1, entry: once });
    const sizes = { weight: new Float32Array(2), blockSize: 16 };
    await expect(workers.run('blocks/row-sizes', { ...sizes, columns: 1 })).rejects.toMatchObject({
      code: 'optimize/worker',
      message: expect.stringContaining('blocks/row-sizes') as string,
    });
    expect(await workers.run('blocks/row-sizes', { ...sizes, columns: 2 })).toEqual({ ok: true });
  });

  test('so is one that throws outside a job, and a program that does not exist', async () => {
    const sizes = { weight: new Float32Array(2), blockSize: 16, columns: 1 };
    for (const entry of [program('throws', `throw new Error('broken thread');`), join(folder, 'missing.mjs')])
      await expect(open({ entry }).run('blocks/row-sizes', sizes)).rejects.toMatchObject({ code: 'optimize/worker' });
  });

  test('out of memory in a thread', async () => {
    const entry = program('memory', `const all = []; for (;;) all.push(new Array(1e6).fill({ a: 1 }));`);
    const workers = openWorkersFor(jobs, {
      signal: new AbortController().signal,
      always: true,
      entry,
      maxOldGenerationMb: 32,
    });
    onTestFinished(() => workers.close());
    await expect(
      workers.run('blocks/row-sizes', { weight: new Float32Array(2), blockSize: 16, columns: 1 }),
    ).rejects.toThrow(/out of memory/);
  });

  test('a coded error keeps its code, a bug its message, an unknown job names the remedy', async () => {
    const answer = (fields: string): string =>
      program(`answer-${fields.length}`, `parentPort.postMessage({ id: order.id, ${fields} });`);
    const sizes = { weight: new Float32Array(2), blockSize: 16, columns: 1 };
    await expect(
      open({ entry: answer(`kind: 'fault', code: 'optimize/x', message: 'm'`) }).run('blocks/row-sizes', sizes),
    ).rejects.toMatchObject({ code: 'optimize/x', message: 'm' });
    await expect(
      open({ entry: answer(`kind: 'bug', message: 'oops', stack: 'at y'`) }).run('blocks/row-sizes', sizes),
    ).rejects.toThrow('oops');
    await expect(open({ entry: answer(`kind: 'unknown'`) }).run('blocks/row-sizes', sizes)).rejects.toMatchObject({
      code: 'optimize/build',
      hint: expect.stringContaining('npm run build') as string,
    });
  });

  test('an error in one item stops all, and nothing hangs', async () => {
    const workers = open({ threads: 2 });
    const seen: number[] = [];
    await expect(
      workers.each(
        'blocks/row-sizes',
        [1, 2, 3, 4, 5, 6, 7, 8],
        () => ({ weight: new Float32Array(2), blockSize: 16, columns: 1 }),
        (_, item) => {
          seen.push(item);
          if (item === 2) throw new Error('stop');
        },
      ),
    ).rejects.toThrow('stop');
    expect(seen).toEqual([1, 2]);
  });
});

describe('cancellation', () => {
  test('stops a thread in the middle of a job within a second', async () => {
    const controller = new AbortController();
    const workers = open({ signal: controller.signal, entry: program('endless', 'for (;;);') });
    const sizes = { weight: new Float32Array(2), blockSize: 16, columns: 1 };
    const running = [workers.run('blocks/row-sizes', sizes), workers.run('blocks/row-sizes', sizes)];
    const start = workedMs();
    setTimeout(() => controller.abort(), 100);
    for (const one of await Promise.allSettled(running))
      expect(one).toMatchObject({ status: 'rejected', reason: { code: 'engine/cancelled' } });
    expect(workedMs() - start).toBeLessThan(1_100);
    await expect(workers.run('blocks/row-sizes', sizes)).rejects.toMatchObject({ code: 'engine/cancelled' });
  });

  test('withWorkers closes them also after an error', async () => {
    let inner: Workers | null = null;
    await expect(
      withWorkers({ signal: new AbortController().signal }, async (workers) => {
        inner = workers;
        throw new Error('work failed');
      }),
    ).rejects.toThrow('work failed');
    await expect(inner!.run('blocks/slab', slab)).rejects.toMatchObject({ code: 'engine/cancelled' });
  });
});

test('any table of jobs will do', async () => {
  const table = {
    double: job(
      ({ x }: { readonly x: number }) => ({ y: 2 * x }),
      () => 1,
    ),
  };
  const workers = openWorkersFor(table, { signal: new AbortController().signal });
  expect(await workers.run('double', { x: 4 })).toEqual({ y: 8 });
  await workers.close();
});
