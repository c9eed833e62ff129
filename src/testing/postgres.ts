import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, openSync, closeSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, chown, mkdtemp, readFile, realpath } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The folder with PostgreSQL's server programs, or null: STEELYARD_POSTGRES_BIN, the newest of Debian's, or one on PATH. */
const findPrograms = (): string | null => {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).toSorted((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    process.env['STEELYARD_POSTGRES_BIN'] ?? '',
    ...versions.map((version) => join(debian, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ];
  return folders.find((folder) => folder !== '' && existsSync(join(folder, 'initdb'))) ?? null;
};

/** Whether a test can start PostgreSQL here. If not, stderr says why `what` is skipped. */
export const postgresOrSkip = (what: string): boolean => {
  if (process.platform !== 'win32' && findPrograms() !== null) return true;
  process.stderr.write(`skipped: ${what}: PostgreSQL's server is not installed (Debian: apt-get install postgresql)\n`);
  return false;
};

/** Whom the server runs as: it refuses to be root. */
const serverUser = (): { uid: number; gid: number } | null => {
  if (process.getuid?.() !== 0) return null;
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const user = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  if (user === undefined) throw new Error('PostgreSQL does not run as root, and there is no user postgres or nobody');
  return { uid: Number(user[2]), gid: Number(user[3]) };
};

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

/** Processes whose parent this is, from /proc. */
const childrenOf = (parent: number): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
        return Number(line.slice(line.lastIndexOf(')') + 2).split(' ')[1]) === parent;
      } catch {
        return false;
      }
    });

/** Gone, or dead and only not yet collected by whoever should. */
const isGone = (pid: number): boolean => {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return line.slice(line.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    return true;
  }
};

/** A PostgreSQL server of a test's own. */
export interface TestPostgres {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** Of the database `postgres`, as its superuser, without a password. */
  readonly url: string;
  /** The server's data folder, for tests that damage or fill it. */
  readonly data: string;
  /** Make a new, empty database and return its URL. */
  database(name: string): Promise<string>;
  /** Run SQL with psql and return what it prints: one line a row, columns apart by `|`. Throws with psql's message. */
  sql(text: string, database?: string): Promise<string>;
  /** Stop in an orderly way, breaking connections; `start` starts it again on the same port. */
  stop(): Promise<void>;
  /** `kill -9` of the server and all its processes. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Stop for good and delete everything. Happens by itself when this process ends, however it ends. */
  remove(): Promise<void>;
}

export interface PostgresSettings {
  /** Lines of postgresql.conf, e.g. `{ max_connections: '20' }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Start a throw-away PostgreSQL in a temporary folder, on a free port of 127.0.0.1, trusting whoever connects.
 *  Writes are synced as in production; pass `settings: { fsync: 'off' }` where a test is not about durability. */
export const startPostgres = async ({ settings = {} }: PostgresSettings = {}): Promise<TestPostgres> => {
  const programs = findPrograms();
  if (programs === null) throw new Error('PostgreSQL is not installed: ask postgresOrSkip first');
  const user = serverUser();
  const root = await realpath(await mkdtemp(join(tmpdir(), 'steelyard-postgres-')));
  await chmod(root, 0o700);
  if (user !== null) await chown(root, user.uid, user.gid);
  const data = join(root, 'data');
  const as = { ...user, cwd: root, env: { ...process.env, HOME: root, LC_ALL: 'C' } };
  // Cleans up when its standard input ends: at `remove`, or because this process is gone, be it by kill -9.
  const guard = spawn(
    '/bin/sh',
    ['-c', 'cat >/dev/null; "$0/pg_ctl" stop -m immediate -D "$1/data" >/dev/null 2>&1; rm -rf "$1"', programs, root],
    { ...as, cwd: '/', detached: true, stdio: ['pipe', 'ignore', 'ignore'] },
  );
  guard.unref();
  (guard.stdin as unknown as { unref(): void }).unref();
  await run(
    join(programs, 'initdb'),
    ['-D', data, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync', '--no-instructions'],
    as,
  );
  const port = await freePort();
  const options = Object.entries({
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    shared_buffers: '16MB',
    max_connections: '60',
    ...settings,
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  let server: ChildProcess | null = null;

  const start = async (): Promise<void> => {
    const log = openSync(join(root, 'log'), 'a');
    const started = spawn(join(programs, 'postgres'), ['-D', data, ...options], { ...as, stdio: ['ignore', log, log] });
    closeSync(log);
    server = started;
    started.unref();
    let ended = false;
    started.once('exit', () => (ended = true));
    // The last line of this file is what `pg_ctl start` waits for.
    for (;;) {
      const state = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
      if (Number(state[0]) === started.pid && state[7]?.trim() === 'ready') return;
      if (ended) throw new Error(`PostgreSQL did not start: ${await readFile(join(root, 'log'), 'utf8')}`);
      await sleep(10);
    }
  };

  const ended = async (process: ChildProcess): Promise<void> => {
    while (process.exitCode === null && process.signalCode === null) await sleep(5);
  };

  const sql = async (text: string, database = 'postgres'): Promise<string> =>
    (
      await run(
        join(programs, 'psql'),
        [
          '-X',
          '-q',
          '-A',
          '-t',
          '-v',
          'ON_ERROR_STOP=1',
          '-h',
          '127.0.0.1',
          '-p',
          String(port),
          '-U',
          'postgres',
          '-d',
          database,
          '-c',
          text,
        ],
        { env: as.env },
      )
    ).stdout.trim();

  await start();
  return {
    host: '127.0.0.1',
    port,
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    data,
    sql,
    async database(name) {
      await sql(`create database "${name}"`);
      return `postgres://postgres@127.0.0.1:${port}/${name}`;
    },
    async stop() {
      if (server === null) return;
      server.kill('SIGINT');
      await ended(server);
      server = null;
    },
    async kill() {
      if (server === null) return;
      const { pid } = server;
      const all = existsSync('/proc/self/stat') ? childrenOf(pid!) : [];
      server.kill('SIGKILL');
      for (const child of all)
        try {
          process.kill(child, 'SIGKILL');
        } catch {
          // It went first.
        }
      await ended(server);
      while (!all.every(isGone)) await sleep(5);
      server = null;
    },
    start,
    async remove() {
      const gone = new Promise<void>((resolve) => {
        if (guard.exitCode !== null) resolve();
        else guard.once('exit', () => resolve());
      });
      guard.ref();
      guard.stdin!.end();
      await gone;
      server = null;
    },
  };
};

let common: Promise<TestPostgres> | null = null;

/** One server for all test files of a process that only need some PostgreSQL: take a `database` of your own, and never stop it.
 *  Not synced to disk. */
export const commonPostgres = (): Promise<TestPostgres> =>
  (common ??= startPostgres({ settings: { fsync: 'off', synchronous_commit: 'off' } }));
