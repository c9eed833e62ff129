import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { SteelyardError } from '../../contracts/index.ts';
import type { Address } from './address.ts';
import type { Ask } from './link.ts';
import { runLock } from './schema.ts';

/** `new`: own a run that must not be there yet. `own`: own it, whether it is there or not. `join`: write beside its owner. `read`: only read. */
export type Access = 'new' | 'own' | 'join' | 'read';

interface Owner {
  readonly token: string | null;
  readonly host: string | null;
  readonly pid: number | null;
  readonly since: string | null;
}

/** A lock is let go a moment after its process ended: as long as this, it is asked for again. */
const lockTries = 6;
const lockPauseMs = 100;

const lockedBy = (run: string, owner: Owner | undefined): SteelyardError => {
  const here = owner?.host === hostname();
  const who =
    typeof owner?.pid === 'number'
      ? `process ${owner.pid} on ${owner.host}${here ? ' (this machine)' : ''} since ${owner.since}`
      : 'another process';
  return new SteelyardError(
    'store/locked',
    `the run "${run}" is being written by ${who}`,
    `wait until it ends or stop it${here ? ` (kill ${owner.pid})` : ' there'}, or give this run another name`,
  );
};

/** Find or make the run's row; returns its number. `token` is this opening's own, so that a repeated attempt finds what it made.
 *  Errors: `store/exists`, `store/missing`. */
export const findRun = async (
  ask: Ask,
  run: string,
  access: Access,
  token: string,
  address: Address,
): Promise<number> => {
  if (access === 'new' || access === 'own')
    await ask('insert into steelyard.runs (name, maker) values ($1, $2) on conflict (name) do nothing', [run, token]);
  const [row] = await ask<{ id: number; maker: string; created: string }>(
    `select id, maker, to_char(created at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"') as created from steelyard.runs where name = $1`,
    [run],
  );
  if (row === undefined)
    throw new SteelyardError(
      'store/missing',
      `there is no run "${run}" in database ${address.database} at ${address.host}:${address.port}`,
      'check the name of the run and the URL',
    );
  if (access === 'new' && row.maker !== token)
    throw new SteelyardError(
      'store/exists',
      `there is already a run "${run}" in database ${address.database} at ${address.host}:${address.port}, begun ${row.created}`,
      'give this run another name, or go on with that one with --resume',
    );
  return row.id;
};

/** Make this connection the run's owner: the lock lasts as long as the connection.
 *  A connection of ours that the server has not yet given up is ended by it. Errors: `store/locked` naming host, process and since when. */
export const ownRun = async (ask: Ask, run: string, id: number, token: string): Promise<void> => {
  for (let attempt = 1; ; attempt++) {
    const [lock] = await ask<{ mine: boolean }>('select pg_try_advisory_lock($1, $2) as mine', [runLock, id]);
    if (lock!.mine) break;
    const [owner] = await ask<Owner>(
      `select owner_token as token, owner_host as host, owner_pid as pid,
              to_char(owner_since at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"') as since
       from steelyard.runs where id = $1`,
      [id],
    );
    if (owner?.token === token)
      await ask(
        `select pg_terminate_backend(pid) from pg_locks
         where locktype = 'advisory' and classid = $1::oid and objid = $2::oid and granted
           and database = (select oid from pg_database where datname = current_database())`,
        [runLock, id],
      );
    else if (attempt >= lockTries) throw lockedBy(run, owner);
    await sleep(lockPauseMs);
  }
  await ask(
    `update steelyard.runs set owner_host = $2, owner_pid = $3, owner_token = $4,
       owner_since = case when owner_token = $4 then owner_since else now() end
     where id = $1`,
    [id, hostname(), process.pid, token],
  );
};

/** Let the run go. */
export const disownRun = async (ask: Ask, id: number): Promise<void> => {
  await ask('select pg_advisory_unlock($1, $2)', [runLock, id]);
};
