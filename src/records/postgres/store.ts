import { randomUUID } from 'node:crypto';
import { SteelyardError, type Store } from '../../contracts/index.ts';
import type { Artifacts } from '../artifacts.ts';
import { addressOf } from './address.ts';
import { openLink } from './link.ts';
import { disownRun, findRun, ownRun, type Access } from './run.ts';
import { readySchema } from './schema.ts';
import { openTable } from './table.ts';

export interface PostgresStoreOptions {
  /** postgres://user:password@host:5432/database, with sslmode and the like as parameters. */
  readonly url: string;
  /** The run's name in the database. */
  readonly run: string;
  /** Where this run's artifacts are: a folder or bucket that all who work on it reach. */
  readonly artifacts: Artifacts;
  /** Default `own`. */
  readonly access?: Access;
  /** How long an outage of the database may last before whoever waits gets `store/unreachable`. Default 60. */
  readonly patienceSeconds?: number;
  /** Aborted: an outage is not waited for any longer. */
  readonly signal?: AbortSignal;
  /** Hears of outages and what was mended, in plain sentences. */
  readonly note?: (message: string) => void;
}

export interface PostgresStore extends Store {
  readonly run: string;
}

const longestName = 200;

/** Settings of our sessions: a commit is durable whatever the server's default, and a machine that vanished lets go of its run
 *  within a minute. Names that a server does not know are left out. */
const sessionText = `
  select set_config(name, value, false)
  from (values ('synchronous_commit', 'on'), ('tcp_keepalives_idle', '20'), ('tcp_keepalives_interval', '10'),
               ('tcp_keepalives_count', '4'), ('idle_session_timeout', '0'), ('client_min_messages', 'warning')) as wanted (name, value)
  join pg_settings using (name)
  where name <> 'synchronous_commit' or setting = 'off'`;

/** Open a run whose records are in PostgreSQL, so that many machines work on it. One process owns a run, any number write beside it.
 *  Connections that break are made again, and what was under way is repeated without doubling a record.
 *  It needs a connection of its own for as long as it is open (behind PgBouncer: pool_mode = session).
 *  Errors: `store/url`, `store/driver`, `store/unreachable`, `store/tls`, `store/authentication`, `store/permission`, `store/no-space`,
 *  `store/too-old`, `store/too-new`, `store/exists` (access new), `store/missing` (join, read), `store/locked`, `store/corrupt`. */
export const openPostgresStore = async (options: PostgresStoreOptions): Promise<PostgresStore> => {
  const { run, artifacts, access = 'own' } = options;
  if (run === '' || run.length > longestName || run.includes('\0'))
    throw new SteelyardError(
      'store/name',
      `a run's name has 1 to ${longestName} characters, and this has ${run.length}`,
      'give the run another name',
    );
  const address = addressOf(options.url);
  const owns = access === 'new' || access === 'own';
  const writes = access !== 'read';
  const token = randomUUID();
  let id = 0;
  const link = await openLink({
    address,
    application: `steelyard ${access} ${run}`.slice(0, 60),
    eager: owns,
    patienceMs: (options.patienceSeconds ?? 60) * 1000,
    signal: options.signal,
    note: options.note ?? ((): void => undefined),
    async prepare(ask) {
      await ask(sessionText);
      await readySchema(ask, address, writes);
      id = await findRun(ask, run, access, token, address);
      if (owns) await ownRun(ask, run, id, token);
    },
  });
  const table = openTable(link, () => id, run);
  let closed: Promise<void> | null = null;
  const alive = (): void => {
    if (closed !== null) throw new SteelyardError('store/closed', `the run "${run}" is closed`, 'open it again');
  };
  const writable = (): void => {
    alive();
    if (!writes)
      throw new SteelyardError('store/read-only', `the run "${run}" is open for reading only`, 'open it for writing');
  };
  return {
    run,
    async append(record) {
      writable();
      await table.append(record);
    },
    records() {
      alive();
      return table.records();
    },
    async find(key) {
      alive();
      return table.find(key);
    },
    async put(source) {
      writable();
      return artifacts.put(source);
    },
    async path(digest) {
      alive();
      return artifacts.path(digest);
    },
    async drop() {
      // Others may use it.
      alive();
    },
    close() {
      closed ??= table.settled().then(() => link.close(owns ? (ask) => disownRun(ask, id) : undefined));
      return closed;
    },
  };
};
