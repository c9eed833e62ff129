import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestPostgres } from '../../testing/postgres.ts';
import { openArtifacts, openPostgresStore } from '../index.ts';
import { sampleRecord } from './samples.ts';

const appender = join(import.meta.dirname, '../../../dist/src/records/testing/postgres-appender.js');

export interface CrashRound {
  /** Records whose append resolved before each kill, in all processes. */
  readonly atKills: readonly number[];
  /** Acknowledged and not there afterwards. */
  readonly lost: number;
  /** There more than once. */
  readonly doubled: number;
  /** Records of this run afterwards. */
  readonly total: number;
  /** What children said that they should not have. */
  readonly faults: readonly string[];
  /** Whether the owner, who did nothing meanwhile, has its run back and no other can take it. */
  readonly owned: boolean;
}

/** Four processes append `count` records together while the server is killed with all its processes; each kill comes when so many
 *  more records were acknowledged and a moment has passed. Then the books are checked. */
export const crashRound = async (
  server: TestPostgres,
  url: string,
  run: string,
  count: number,
  kills: readonly { readonly afterRecords: number; readonly pauseMs: number }[],
): Promise<CrashRound> => {
  const artifacts = openArtifacts('unused', true);
  const owner = await openPostgresStore({ url, run, artifacts, access: 'new' });
  const acknowledged = new Set<number>();
  const faults: string[] = [];
  let open = 0;
  const begin: (() => void)[] = [];
  const share = count / 4;
  const children = [0, 1, 2, 3].map((index) => {
    const child = spawn(process.execPath, [appender, url, run, String(index * share), String(share)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    begin.push(() => void child.stdin.end('begin'));
    let rest = '';
    child.stdout.on('data', (piece: Buffer) => {
      const lines = (rest + piece.toString()).split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        const number = /^record (\d+)$/.exec(line)?.[1];
        if (number !== undefined) acknowledged.add(Number(number));
        else if (line === 'open') open++;
        else if (line !== 'end') faults.push(line);
      }
    });
    return new Promise<void>((resolve) => child.once('close', () => resolve()));
  });
  let ended = false;
  const all = Promise.all(children).then(() => (ended = true));
  const atKills: number[] = [];
  // What is asked here is what becomes of those who write, not of those who have not come in yet: all begin when the last is in.
  while (open < children.length && faults.length === 0 && !ended) await sleep(1);
  for (const each of begin) each();
  for (const { afterRecords, pauseMs } of kills) {
    const from = acknowledged.size;
    while (acknowledged.size < from + afterRecords && !ended) await sleep(1);
    await sleep(pauseMs);
    atKills.push(acknowledged.size);
    await server.kill();
    await server.start();
  }
  await all;
  const seen = new Map<string, number>();
  for await (const { key } of owner.records()) seen.set(key, (seen.get(key) ?? 0) + 1);
  const locked = await openPostgresStore({ url, run, artifacts }).then(
    async (store) => (await store.close(), false),
    (error: unknown) => (error as { code?: string }).code === 'store/locked',
  );
  await owner.append(sampleRecord(-1));
  await owner.close();
  return {
    atKills,
    lost: [...acknowledged].filter((number) => !seen.has(sampleRecord(number).key)).length,
    doubled: [...seen.values()].filter((times) => times > 1).length,
    total: seen.size,
    faults,
    owned: locked,
  };
};
