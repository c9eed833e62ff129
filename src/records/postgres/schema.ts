import { SteelyardError } from '../../contracts/index.ts';
import type { Address } from './address.ts';
import type { Ask } from './link.ts';

/** The oldest server that this works with; tested on 15. */
export const oldestServer = 13;

/** What each version of the tables added. A new entry only ever adds; entries that were released never change. */
const steps: readonly string[] = [
  `create table steelyard.runs (
     id integer generated always as identity primary key,
     name text not null unique,
     /* Who made the row: tells a repeated attempt from another run with the same name. */
     maker uuid not null,
     created timestamptz not null default now(),
     /* Number of the last record. Updated by every append, so records get their numbers in the order in which they become visible. */
     last bigint not null default 0,
     owner_token uuid,
     owner_host text,
     owner_pid integer,
     owner_since timestamptz
   );
   create table steelyard.records (
     run integer not null references steelyard.runs on delete cascade,
     seq bigint not null,
     /* Made by the writer: an append that is repeated after a broken connection is noticed. */
     append uuid not null,
     at timestamptz not null default now(),
     key text not null,
     kind text not null,
     /* Checksum of the body. */
     sha256 text not null,
     /* Canonical JSON; text, because jsonb holds no \\u0000 and does not keep numbers as they were written. */
     body text not null,
     primary key (run, seq),
     unique (run, append)
   );
   create index records_key on steelyard.records (run, key, seq);`,
];

/** The version of the tables that this code reads and writes. */
export const schemaVersion = steps.length;

/** Errors: `store/too-old` naming both versions. `number` is PostgreSQL's server_version_num, e.g. 150018 for 15.18. */
export const checkServer = (number: number, address: Address): void => {
  const major = Math.floor(number / 10_000);
  if (major >= oldestServer) return;
  throw new SteelyardError(
    'store/too-old',
    `PostgreSQL at ${address.host}:${address.port} is version ${major}, and ${oldestServer} or newer is needed`,
    'upgrade the server or give another one',
  );
};

/** 0: no tables yet. */
const versionOf = async (ask: Ask): Promise<number> => {
  // Not to_regclass: within a transaction that waited for another's, it may still answer from a cache of names.
  const [there] = await ask<{ there: boolean }>(
    `select exists (select from pg_catalog.pg_class join pg_catalog.pg_namespace on pg_namespace.oid = relnamespace
                    where nspname = 'steelyard' and relname = 'version') as there`,
  );
  if (there?.there !== true) return 0;
  const [row] = await ask<{ version: number }>('select coalesce(max(version), 0) as version from steelyard.version');
  return row!.version;
};

/** Classes of advisory locks: "stee" and "lyrd". */
export const migrationLock = 0x73746565;
export const runLock = 0x6c797264;

const migrate = async (ask: Ask, target: number): Promise<void> => {
  await ask('begin');
  try {
    // Of several that begin at once, one does it and the others wait and find it done.
    await ask('select pg_advisory_xact_lock($1, 0)', [migrationLock]);
    const from = await versionOf(ask);
    if (from === 0)
      await ask(`create schema if not exists steelyard;
        create table if not exists steelyard.version (version integer primary key, at timestamptz not null default now())`);
    for (let version = from + 1; version <= target; version++) {
      await ask(steps[version - 1]!);
      await ask('insert into steelyard.version (version) values ($1)', [version]);
    }
    await ask('commit');
  } catch (error) {
    await ask('rollback').catch(() => undefined);
    throw error;
  }
};

/** Bring the tables to the version of this code, or say why not. Safe to run at every connection, by many at once.
 *  Errors: `store/too-old`, `store/too-new` naming both versions, `store/permission` for a database that may not be written. */
export const readySchema = async (ask: Ask, address: Address, writes: boolean): Promise<void> => {
  const [server] = await ask<{ number: number; locked: string; standby: boolean }>(
    `select current_setting('server_version_num')::int as number, current_setting('transaction_read_only') as locked,
            pg_is_in_recovery() as standby`,
  );
  checkServer(server!.number, address);
  const place = `database ${address.database} at ${address.host}:${address.port}`;
  if (writes && server!.locked === 'on')
    throw new SteelyardError(
      'store/permission',
      server!.standby
        ? `${place} is a standby: it can be read but not written`
        : `${place} is read-only for this user (default_transaction_read_only)`,
      'give the URL of the primary, or a role that may write',
    );
  const version = await versionOf(ask);
  if (version > schemaVersion)
    throw new SteelyardError(
      'store/too-new',
      `the tables in ${place} have version ${version}, and this steelyard knows versions up to ${schemaVersion}`,
      'install the steelyard that made them, or a newer one: npm install steelyard@latest',
    );
  if (version === schemaVersion) return;
  if (!writes)
    throw version === 0
      ? new SteelyardError(
          'store/missing',
          `${place} holds no runs of steelyard`,
          'check the URL; the first run that writes there makes the tables',
        )
      : new SteelyardError(
          'store/too-old',
          `the tables in ${place} have version ${version}, and this steelyard needs ${schemaVersion}`,
          'open a run for writing once: that brings them up to date',
        );
  await migrate(ask, schemaVersion);
};
