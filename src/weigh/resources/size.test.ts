import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { Subject } from '../../contracts/index.ts';
import { workbench } from '../../runtime/testing/trial.ts';
import { gzipBytes, size } from './size.ts';

const bench = await workbench();
await bench.remove();

test('counts all files of a version, plain and compressed, exactly', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'steelyard-size-'));
  try {
    const subject = async (id: string, ...contents: Uint8Array[]): Promise<Subject> => {
      const files = contents.map((bytes, i) => ({ path: join(folder, `${id}${i}`), sizeBytes: bytes.length }));
      for (const [i, { path }] of files.entries()) await writeFile(path, contents[i]!);
      return { id, files } as unknown as Subject;
    };
    const zeros = new Uint8Array(100_000);
    const mixed = Uint8Array.from({ length: 100_000 }, (_, i) => (i * i) >> 3);
    const baseline = await subject('baseline', zeros, mixed);
    const half = {
      ...(await subject('half', mixed)),
      weights: () => Promise.resolve({ float32: 60_000, int8: 30_000 }),
    };
    const gone = { id: 'gone', files: [{ path: join(folder, 'absent'), sizeBytes: 1 }] } as unknown as Subject;
    const outcomes = await size.evaluate(bench.trial(baseline, [half, gone]), {}, bench.context());
    const gzip = gzipSync(mixed, { level: 6 }).length;
    expect(outcomes.get('half')).toMatchObject({
      measurements: [
        {
          metric: 'size',
          value: 100_000,
          low: 100_000,
          high: 100_000,
          versus: { value: 0.5, evidence: { kind: 'exact' } },
        },
        { metric: 'size-gzip', value: gzip },
        { metric: 'size-by-type', slice: 'type=float32', value: 60_000, low: 60_000, high: 60_000 },
        { metric: 'size-by-type', slice: 'type=int8', value: 30_000 },
      ],
    });
    expect(outcomes.get('gone')).toMatchObject({ kind: 'failed', code: 'model/data' });
    await expect(gzipBytes(join(folder, 'half0'), AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
