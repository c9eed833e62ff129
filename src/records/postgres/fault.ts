import { SteelyardError, isSteelyardError } from '../../contracts/index.ts';
import type { Address } from './address.ts';

interface Fault {
  readonly code?: string;
  readonly message: string;
}

/** What Node and the driver say when a connection is not made or breaks. */
const networkCodes = new Set(
  'ECONNREFUSED ECONNRESET EPIPE ETIMEDOUT EHOSTUNREACH ENETUNREACH ENETDOWN EADDRNOTAVAIL EAI_AGAIN ENOTFOUND ENOENT'.split(
    ' ',
  ),
);
const networkMessages =
  /connection terminated|timeout expired|query read timeout|not queryable|connection ended|socket disconnected before secure/i;
const tlsCode = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|^EPROTO$/;
const tlsMessage = /server does not support SSL|error establishing an SSL|altnames/i;

const isSqlState = (code: string | undefined): code is string => code !== undefined && /^[0-9A-Z]{5}$/.test(code);

/** Whether trying again on a new connection may help: it broke, the server restarts, is full of connections, or saw a deadlock.
 *  Source: PostgreSQL manual, appendix A (error codes). */
export const isPassing = (error: unknown): boolean => {
  if (isSteelyardError(error)) return false;
  const { code, message } = error as Fault;
  if (code !== undefined && networkCodes.has(code)) return true;
  if (isSqlState(code)) return /^08|^57P0[1235]$|^53300$|^40001$|^40P01$/.test(code);
  return networkMessages.test(message);
};

/** Whether the server said that it is there and only not ready yet: it starts, or recovers from a crash (cannot_connect_now). */
export const isStarting = (error: unknown): boolean => (error as Fault).code === '57P03';

/** Whether the connection that gave this error can still be used. */
export const keepsConnection = (error: unknown): boolean => {
  const { code } = error as Fault;
  return isSqlState(code) && !networkCodes.has(code) && !/^08|^57P0/.test(code);
};

/** The fault behind an error of the database or the way to it, coded. Names host, port, database and user, never the password.
 *  `store/unreachable`, `store/tls`, `store/authentication`, `store/permission`, `store/missing` (no such database), `store/no-space`,
 *  `store/io`; an error that only a bug of ours can cause stays as it is. */
export const databaseFault = (error: unknown, address: Address, doing: string): Error => {
  if (isSteelyardError(error)) return error;
  const { code, message } = error as Fault;
  const place = `${address.host}:${address.port}`;
  const who = address.user === null ? 'the default user' : `user ${address.user}`;
  const cause = { cause: error };
  if ((code !== undefined && !isSqlState(code) && tlsCode.test(code)) || tlsMessage.test(message))
    return new SteelyardError(
      'store/tls',
      `no safe connection to PostgreSQL at ${place}: ${message}`,
      'check sslmode and sslrootcert in the database’s URL; sslmode=verify-full with sslrootcert=<authority’s certificate> is the safe form',
      cause,
    );
  if (code === '28P01' || code === '28000' || /SASL|password must be a string/i.test(message))
    return new SteelyardError(
      'store/authentication',
      `PostgreSQL at ${place} does not let ${who} into database ${address.database ?? '(default)'}: ${message}`,
      'check user and password of the URL (or PGUSER, PGPASSWORD, ~/.pgpass) and the server’s pg_hba.conf',
      cause,
    );
  if (code === '3D000')
    return new SteelyardError(
      'store/missing',
      `PostgreSQL at ${place} has no database "${address.database}"`,
      `create it: createdb -h ${address.host} -p ${address.port} ${address.database}`,
      cause,
    );
  if (code === '42501' || code === '25006')
    return new SteelyardError(
      'store/permission',
      `${who} may not do this in database ${address.database} at ${place} (${doing}): ${message}`,
      code === '25006'
        ? 'the database is read-only (a standby, or default_transaction_read_only): give the URL of the primary'
        : 'grant it, for example: GRANT CREATE ON DATABASE … TO … before the first run, or use the owner of the schema steelyard',
      cause,
    );
  if (code === '53100')
    return new SteelyardError(
      'store/no-space',
      `the disk of PostgreSQL at ${place} is full (${doing}): ${message}`,
      'free space there, then run the same command with --resume: finished steps are kept',
      cause,
    );
  if (isPassing(error))
    return new SteelyardError(
      'store/unreachable',
      `PostgreSQL at ${place} cannot be reached (${doing}): ${message === '' ? code : message}`,
      'check that it runs and that host and port are right; finished steps are kept, so run the same command with --resume afterwards',
      cause,
    );
  if (isSqlState(code) && /^(53|54|55|57|58|XX)/.test(code))
    return new SteelyardError(
      'store/io',
      `PostgreSQL at ${place} reports ${code} (${doing}): ${message}`,
      'see the server’s log; after it is mended run the same command with --resume',
      cause,
    );
  return error as Error;
};
