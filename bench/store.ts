// Records in files against records in PostgreSQL: how fast they are appended, found and read back, and what that takes in memory.
import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openArtifacts, openPostgresStore, openStore } from '../src/records/index.ts';
import { sampleRecord } from '../src/records/testing/samples.ts';
import { postgresOrSkip, startPostgres } from '../src/testing/postgres.ts';
import type { Store } from '../src/contracts/index.ts';
import { table } from './table.ts';

/** Where a run is: a folder, or a database's URL. */
export interface Place {
  readonly url: string | null;
  readonly run: string;
}

export const openPlace = ({ url, run }: Place): Promise<Store> =>
  url === null ? openStore(run) : openPostgresStore({ url, run, artifacts: openArtifacts('unused', true) });

/** What a fresh process saw that opened a run and read all of it. */
export interface Reopened {
  readonly openMs: number;
  readonly readMs: number;
  readonly records: number;
  readonly findMs: number;
  /** Largest resident memory beyond that of the process before it opened the run. */
  readonly grownBytes: number;
}

const reopen = (place: Place, count: number): Promise<Reopened> =>
  new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, 'store-reopen.js'), [JSON.stringify(place), String(count)]);
    child.once('message', (message) => resolve(message as Reopened));
    child.once('error', reject);
    child.once('exit', (code) => code !== 0 && reject(new Error(`a child ended with ${code}`)));
  });

const perSecond = async (count: number, atOnce: number, append: (number: number) => Promise<void>): Promise<number> => {
  const start = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (next < count) await append(next++);
    }),
  );
  return (1000 * count) / (performance.now() - start);
};

const ms = (value: number): string => `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ms`;

const measure = async (name: string, placeOf: (run: string) => Place): Promise<readonly string[][]> => {
  const rows: string[][] = [];
  for (const count of [5000, 50_000]) {
    const place = placeOf(`run-${count}`);
    const store = await openPlace(place);
    const alone = await perSecond(300, 1, (number) => store.append(sampleRecord(1_000_000 + number)));
    const together = await perSecond(count - 300, 64, (number) => store.append(sampleRecord(number)));
    await store.close();
    const again = await reopen(place, count);
    if (again.records !== count) throw new Error(`${name}: ${again.records} records came back of ${count}`);
    rows.push([
      name,
      count.toLocaleString('en'),
      alone.toFixed(0),
      together.toFixed(0),
      ms(again.openMs),
      ms(again.findMs),
      ms(again.readMs),
      `${(again.grownBytes / 1e6).toFixed(0)} MB`,
    ]);
  }
  return rows;
};

/** Prediction: reopening takes under a second, and reading 50,000 records takes no more memory than reading 5,000 (PostgreSQL), or an
 *  index entry a key more (files). */
export const run = async (): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'steelyard-bench-'));
  const head = [
    'records of 1.9 kB in',
    'number',
    'appends/s, one by one',
    'appends/s, 64 at once',
    'reopen',
    'find (median of 500)',
    'read all',
    'memory grown',
  ];
  try {
    const rows = [...(await measure('files', (run) => ({ url: null, run: join(folder, run) })))];
    if (postgresOrSkip('records in PostgreSQL')) {
      const server = await startPostgres();
      try {
        rows.push(...(await measure('PostgreSQL', (run) => ({ url: server.url, run }))));
      } finally {
        await server.remove();
      }
    }
    console.log(table(head, rows));
  } finally {
    await rm(folder, { recursive: true });
  }
};
