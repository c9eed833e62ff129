import { expect, test } from 'vitest';
import { defaultSessionOptions } from '../../contracts/index.ts';
import { planOf } from '../testing/world.ts';
import { stackText, workbench } from '../testing/trial.ts';
import { openClient } from './client.ts';

test('drives a model in a third process, keeps outputs, tells its usage, and its faults by their codes', async () => {
  const bench = await workbench();
  try {
    const { files, open } = await bench.subject('model', stackText(3));
    const rows = [1, -2].map((value) => ({
      x: { dtype: 'float32' as const, dims: [1, 64], data: new Float32Array(64).fill(value) },
    }));
    const target = { kind: 'model', path: files[0]!.path, options: defaultSessionOptions } as const;
    const client = await openClient(target, [...rows, { wrong: rows[0]!.x }]);
    try {
      const at = Float64Array.from({ length: 30 }, (_, i) => 2 * i);
      const calls = Int32Array.from({ length: 30 }, (_, i) => i % 2);
      const played = await client.play(planOf({ at, calls, keep: Int32Array.of(0, 3) }));
      expect([...played.state]).toEqual(Array(30).fill(0));
      const session = await open();
      const own = await Promise.all(rows.map(async (row) => (await session.run(row)).outputs));
      await session.close();
      expect(played.kept.map(({ outputs }) => outputs[0])).toEqual(own);
      const usage = await client.usage();
      expect(usage!.rssBytes).toBeGreaterThan(1e6);
      expect(usage!.pid).not.toBe(process.pid);
      const wrong = await client.play(planOf({ calls: Int32Array.of(2), minQueries: 2 }));
      expect(wrong.faults).toMatchObject([{ code: 'runtime/run', count: 2 }]);
      process.kill(usage!.pid!, 'SIGKILL');
      const dead = await client.play(planOf({ minQueries: 2, minMs: 50, maxMs: 1_000, drainMs: 2_000 }));
      expect(dead.faults[0]!.code).toBe('runtime/crashed');
    } finally {
      await client.close();
    }
    await expect(client.play(planOf({}))).rejects.toMatchObject({ code: 'runtime/closed' });
    await expect(openClient({ ...target, path: '/nowhere.onnx' }, rows)).rejects.toMatchObject({
      code: 'runtime/load',
    });
  } finally {
    await bench.remove();
  }
});
