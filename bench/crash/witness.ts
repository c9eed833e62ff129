import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** Somebody who looks at a run's records from outside while everything around them dies. */
export interface Witness {
  /** How many records it has seen so far. */
  seen(): number;
  /** Look once more and answer what was seen at some time and is not there now, in words. */
  lost(): Promise<readonly string[]>;
  /** What was seen is meant to be gone. */
  forget(): void;
  close(): Promise<void>;
}

const pauseMs = 20;

/** Look again and again until closed. A look that fails saw nothing. */
const watching = (look: () => Promise<void>): { stop(): Promise<void> } => {
  let stopped = false;
  const loop = (async (): Promise<void> => {
    while (!stopped) {
      await look().catch(() => undefined);
      await sleep(pauseMs);
    }
  })();
  return {
    async stop() {
      stopped = true;
      await loop;
    },
  };
};

interface Row {
  readonly seq: string;
  readonly kind: string;
  readonly sha256: string;
}

/** Watch a run's records in a database: what is visible there was committed, and has to stay. */
export const watchDatabase = (url: string, run: string): Witness => {
  const seen = new Map<string, Row>();
  let client: pg.Client | null = null;
  let last = '0';

  const ask = async (after: string): Promise<readonly Row[]> => {
    if (client === null) {
      const fresh = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000, query_timeout: 5000 });
      const gone = (): void => void (client === fresh && (client = null));
      fresh.on('error', gone);
      fresh.on('end', gone);
      await fresh.connect();
      client = fresh;
    }
    const { rows } = await client.query<Row>(
      `select seq::text, kind, sha256 from steelyard.records
       where run = (select id from steelyard.runs where name = $1) and seq > $2 order by records.seq`,
      [run, after],
    );
    return rows;
  };
  const watch = watching(async () => {
    for (const row of await ask(last)) {
      seen.set(row.seq, row);
      last = row.seq;
    }
  });
  return {
    seen: () => seen.size,
    async lost() {
      await watch.stop();
      const there = new Map((await ask('0')).map((row) => [row.seq, row.sha256]));
      return [...seen.values()]
        .filter(({ seq, sha256 }) => there.get(seq) !== sha256)
        .map(({ seq, kind }) => `record ${seq} (${kind}) was in the database and is there no more`);
    },
    forget: () => seen.clear(),
    async close() {
      await watch.stop();
      await client?.end().catch(() => undefined);
    },
  };
};

/** Watch a run's folder: whole lines of its journal have to stay as and where they are. */
export const watchFolder = (folder: string): Witness => {
  const path = join(folder, 'records.jsonl');
  let seen: readonly string[] = [];
  const lines = async (): Promise<readonly string[]> => (await readFile(path, 'utf8')).split('\n').slice(0, -1);
  const watch = watching(async () => {
    const now = await lines();
    // A shorter file has lost something: what was seen before is held against the end.
    if (now.length > seen.length) seen = now;
  });
  return {
    seen: () => seen.length,
    async lost() {
      await watch.stop();
      const there = await lines();
      return seen.flatMap((line, at) =>
        there[at] === line ? [] : [`line ${at + 1} of ${path} was there and is not as it was`],
      );
    },
    forget: () => void (seen = []),
    close: () => watch.stop(),
  };
};
