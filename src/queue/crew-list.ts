import type { Pool } from 'pg';
import type { Machine } from '../contracts/index.ts';
import type { Labels, Worker } from './requirement.ts';

/** A worker as others see it. */
export interface Present extends Worker {
  /** What it does right now, in words; null: it waits. */
  readonly doing: string | null;
  /** Jobs it has finished. */
  readonly done: number;
  readonly since: Date;
  readonly seenSecondsAgo: number;
}

interface Row {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly machine: Machine;
  readonly labels: Labels;
  readonly size: number;
  readonly doing: string | null;
  readonly done: number;
  readonly since: Date;
  readonly seen: string;
}

/** Who is there: everybody whose heart-beat has not lapsed. */
export const presentWorkers = async (pool: Pool): Promise<readonly Present[]> => {
  const { rows } = await pool.query<Row>(
    `select id, name, version, machine, labels, size, doing, done, since, extract(epoch from now() - seen_at)::text as seen
     from steelyard_queue.workers where seen_at > now() - make_interval(secs => lapse_seconds) order by name, id`,
  );
  return rows.map(({ seen, ...row }) => ({ ...row, seenSecondsAgo: Number(seen) }));
};

export const announce = async (pool: Pool, worker: Worker, lapseSeconds: number): Promise<void> => {
  const { id, name, version, machine, labels, size } = worker;
  await pool.query(
    `insert into steelyard_queue.workers (id, name, version, machine, labels, size, lapse_seconds) values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (id) do update set seen_at = now()`,
    [id, name, version, JSON.stringify(machine), JSON.stringify(labels), size, lapseSeconds],
  );
};

/** Say that it is alive. False: it was taken for lost meanwhile, and its jobs were given to others. */
export const beat = async (
  pool: Pool,
  id: string,
  now: { readonly pools: readonly string[]; readonly doing: string | null; readonly done: number },
): Promise<boolean> => {
  const { rowCount } = await pool.query(
    'update steelyard_queue.workers set seen_at = now(), pools = $2, doing = $3, done = $4 where id = $1',
    [id, now.pools, now.doing, now.done],
  );
  return rowCount === 1;
};

export const leave = async (pool: Pool, id: string): Promise<void> => {
  await pool.query('delete from steelyard_queue.workers where id = $1', [id]);
};

/** Take workers whose heart-beat lapsed off the list, and answer under whose names jobs are held that nobody on the list does: theirs,
 *  and those of processes that died before they could say that they had taken one. */
export const lostPools = async (pool: Pool, lapseSeconds: number): Promise<readonly string[]> => {
  await pool.query('delete from steelyard_queue.workers where seen_at < now() - make_interval(secs => lapse_seconds)');
  const { rows } = await pool.query<{ holder: string }>(
    `select distinct locked_by as holder from graphile_worker.jobs
     where task_identifier like 'steelyard:%' and locked_at < now() - make_interval(secs => $1)
       and not exists (select from steelyard_queue.workers where locked_by = any(pools))`,
    [lapseSeconds],
  );
  return rows.map(({ holder }) => holder);
};
