import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { programPath } from '../../package/index.ts';

test('answers orders, and results give their memory away', async () => {
  const worker = new Worker(programPath('optimize/workers/thread.js', 'optimize/build'));
  try {
    const input = { weight: Float32Array.of(1, -2, 0, 4), columns: 2, blockSize: 16 };
    worker.postMessage({ id: 7, name: 'blocks/row-sizes', input });
    const [answer] = (await once(worker, 'message')) as [unknown];
    expect(answer).toEqual({ id: 7, kind: 'done', output: { sizes: Float32Array.of(0.75, 0.5) } });
    worker.postMessage({ id: 8, name: 'no/job', input: {} });
    expect((await once(worker, 'message'))[0]).toEqual({ id: 8, kind: 'unknown' });
  } finally {
    await worker.terminate();
  }
});
