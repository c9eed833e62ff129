import type { Pool } from 'pg';

/** What lies beside the queue's own tables: who works, and for which runs there is work. */
const schema = `
create schema if not exists steelyard_queue;
create table if not exists steelyard_queue.workers (
  id text primary key,
  name text not null,
  version text not null,
  machine jsonb not null,
  labels jsonb not null,
  size integer not null,
  pools text[] not null default '{}',
  doing text,
  done integer not null default 0,
  lapse_seconds double precision not null,
  since timestamptz not null default now(),
  seen_at timestamptz not null default now()
);
create table if not exists steelyard_queue.wants (
  run text not null,
  task text not null,
  version text not null,
  requirement jsonb not null,
  seen_at timestamptz not null default now(),
  primary key (run, task)
);
`;

const lock = 7_295_113_004;

/** Make the tables where they are not there yet. Many may ask at once. */
export const makeTables = async (pool: Pool): Promise<void> => {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query('select pg_advisory_xact_lock($1)', [lock]);
    const { rows } = await client.query<{ there: string | null }>(
      "select to_regclass('steelyard_queue.wants')::text as there",
    );
    // Only who may create something needs the right to.
    if (rows[0]!.there === null) await client.query(schema);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
};

/** The channel on which everybody hears what concerns all. */
export const channel = 'steelyard_queue';

export type Notice =
  /** There is work for other kinds of workers than before. */
  | { readonly what: 'wants' }
  /** Nobody waits for this run any more. */
  | { readonly what: 'cancelled'; readonly run: string }
  | { readonly what: 'done'; readonly run: string; readonly key: string };

export const notify = async (pool: Pool, notice: Notice): Promise<void> => {
  await pool.query('select pg_notify($1, $2)', [channel, JSON.stringify(notice)]);
};
