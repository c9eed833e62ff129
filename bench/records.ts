import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { openStore } from '../src/records/index.ts';
import { sampleRecord } from '../src/records/testing/samples.ts';

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/** What the process holds after it has let go of what it can. */
const held = (): { rss: number; heap: number } => {
  (globalThis as { gc?: () => void }).gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heap: heapUsed + external };
};

/** Writing, reopening, finding and reading a run of many records of 1.5 kB: time, and memory that stays taken. */
export const run = async (): Promise<void> => {
  for (const count of [5000, 50_000]) {
    const folder = await mkdtemp(join(tmpdir(), 'steelyard-records-'));
    try {
      const before = held();
      const store = await openStore(folder);
      let started = performance.now();
      for (let at = 0; at < count; at += 100)
        await Promise.all(Array.from({ length: 100 }, (_, index) => store.append(sampleRecord(at + index))));
      const writing = performance.now() - started;
      const after = held();
      await store.close();
      started = performance.now();
      const again = await openStore(folder);
      const reopening = performance.now() - started;
      started = performance.now();
      for (let at = 0; at < 1000; at++) await again.find(sampleRecord((at * 7919) % count).key);
      const finding = (performance.now() - started) / 1000;
      started = performance.now();
      let read = 0;
      for await (const { key } of again.records()) read += key.length > 0 ? 1 : 0;
      const reading = performance.now() - started;
      await again.close();
      process.stdout.write(
        `${String(count).padStart(6)} records: written in ${(writing / 1000).toFixed(2)} s, ` +
          `memory +${megabytes(after.heap - before.heap)} (process +${megabytes(after.rss - before.rss)}), ` +
          `reopened in ${reopening.toFixed(0)} ms, one found in ${finding.toFixed(2)} ms, all ${read} read in ${reading.toFixed(0)} ms\n`,
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
};
