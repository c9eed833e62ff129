import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { SteelyardError } from '../../contracts/index.ts';
import type { Address } from './address.ts';
import { loadDriver } from './driver.ts';
import { databaseFault, isPassing, isStarting, keepsConnection } from './fault.ts';

/** Run one statement and return its rows. Statements with a name are prepared once a connection. */
export type Ask = <Row>(text: string, values?: readonly unknown[], name?: string) => Promise<readonly Row[]>;

export interface LinkSettings {
  readonly address: Address;
  /** What the server's list of connections shows. */
  readonly application: string;
  /** Runs on each new connection before anything else. */
  readonly prepare: (ask: Ask) => Promise<void>;
  /** Connect again at once when the connection breaks, although nobody asks anything. */
  readonly eager: boolean;
  /** How long an outage may last before whoever waits gets an error. */
  readonly patienceMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly note: (message: string) => void;
}

/** One connection that mends itself. */
export interface Link {
  /** Ask, and ask again on a new connection if this one breaks: the statement must be safe to run twice.
   *  `doing` is for error messages. Errors: see `databaseFault`. */
  ask<Row>(doing: string, text: string, values?: readonly unknown[], name?: string): Promise<readonly Row[]>;
  close(last?: (ask: Ask) => Promise<void>): Promise<void>;
}

const connectMs = 10_000;
const answerMs = 60_000;
/** At opening nobody waits for long: a wrong port should be noticed. */
const openingMs = 5_000;
const firstPauseMs = 40;
const longestPauseMs = 2_000;

const asker =
  (client: Client): Ask =>
  async (text, values, name) =>
    (
      await client.query({
        text,
        ...(values === undefined ? {} : { values: [...values] }),
        ...(name === undefined ? {} : { name }),
      })
    ).rows;

/** Let go of a connection that may be dead: its socket must not keep the process alive. */
const discard = (client: Client): void => {
  client.end().catch(() => undefined);
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
};

/** Connect. The first connection is made before this resolves. Errors: see `databaseFault`, and those of `prepare`. */
export const openLink = async (settings: LinkSettings): Promise<Link> => {
  const { address, note, signal } = settings;
  const { Client } = await loadDriver();
  let current: Promise<Client> | null = null;
  /** What `current` resolved to. */
  let connected: Client | null = null;
  let closed = false;
  let outageSince: number | null = null;

  const connect = async (): Promise<Client> => {
    const client = new Client({
      connectionString: address.connectionString,
      application_name: settings.application,
      connectionTimeoutMillis: connectMs,
      query_timeout: answerMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    });
    client.on('error', () => undefined);
    client.on('end', () => {
      // What comes of it, the next question finds out.
      if (drop(client) && settings.eager && !closed) live('connecting again').catch(() => undefined);
    });
    try {
      await client.connect();
      await settings.prepare(asker(client));
    } catch (error) {
      discard(client);
      throw error;
    }
    connected = client;
    return client;
  };

  /** The next question needs another connection. Whether this was the one in use. */
  const drop = (client: Client): boolean => {
    if (connected !== client) return false;
    connected = null;
    current = null;
    return true;
  };

  const attempt = (): Promise<Client> => {
    if (current === null) {
      const trying: Promise<Client> = connect().catch((error: unknown) => {
        if (current === trying) current = null;
        throw error;
      });
      current = trying;
    }
    return current;
  };

  /** Do it until it works, fails for good, or the outage has lasted too long. */
  const persist = async <T>(doing: string, patienceMs: number, step: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      try {
        const result = await step();
        if (outageSince !== null) {
          note(`PostgreSQL at ${address.host}:${address.port} answers again`);
          outageSince = null;
        }
        return result;
      } catch (error) {
        const waited = performance.now() - start;
        // Who answers that it is starting is no wrong port.
        const longestMs = isStarting(error) ? settings.patienceMs : patienceMs;
        if (closed || !isPassing(error) || waited + pauseMs > longestMs || signal?.aborted === true)
          throw databaseFault(error, address, doing);
        if (outageSince === null) {
          outageSince = performance.now();
          note(
            `${databaseFault(error, address, doing).message}; trying again for up to ${Math.round(longestMs / 1000)} s`,
          );
        }
        await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
      }
    }
  };

  const live = (doing: string, patienceMs = settings.patienceMs): Promise<Client> =>
    persist(doing, patienceMs, attempt);

  let turn: Promise<unknown> = Promise.resolve();
  /** A connection answers one question at a time. */
  const inTurn = <T>(step: () => Promise<T>): Promise<T> => {
    const mine = turn.then(step);
    turn = mine.catch(() => undefined);
    return mine;
  };

  await live('connecting', Math.min(settings.patienceMs, openingMs));
  return {
    ask(doing, text, values, name) {
      return persist(doing, settings.patienceMs, () =>
        inTurn(async () => {
          if (closed) throw new SteelyardError('store/closed', 'the store is closed', 'open it again');
          const client = await attempt();
          try {
            return await asker(client)(text, values, name);
          } catch (error) {
            if (!keepsConnection(error)) {
              drop(client);
              discard(client);
            }
            throw error;
          }
        }),
      );
    },
    async close(last) {
      closed = true;
      await turn;
      const client = await current?.catch(() => null);
      if (client === null || client === undefined) return;
      try {
        await last?.(asker(client));
        await client.end();
      } catch {
        // It broke meanwhile: then there is nothing to let go of.
        discard(client);
      }
    },
  };
};
