import { SteelyardError } from '../../contracts/index.ts';

/** Where a database is, without its password. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** null: whoever the driver takes (PGUSER, then the name of the system's user). */
  readonly user: string | null;
  /** For the driver: the URL with the meaning of `sslmode` that PostgreSQL's own programs give it. Holds the password: never print it. */
  readonly connectionString: string;
}

const sslModes = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];

const refuse = (what: string): SteelyardError =>
  new SteelyardError(
    'store/url',
    `the database's URL ${what}`,
    'expected postgres://user:password@host:5432/database, with special characters of the password percent-encoded, e.g. %40 for @',
  );

const decoded = (text: string, what: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refuse(`has a ${what} with a % that is no percent-encoding`);
  }
};

/** Whether this names a PostgreSQL database rather than a folder. */
export const isPostgresUrl = (text: string): boolean => /^postgres(ql)?:\/\//i.test(text);

/** The same URL for people and records: with the password, in whatever place, replaced by `***`. Text that is no URL stays as it is. */
export const withoutPassword = (text: string): string =>
  text
    .replace(/(postgres(?:ql)?:\/\/[^\s/?#:]*):[^\s]*@/gi, '$1:***@')
    .replace(/([?&](?:password|sslpassword)=)[^&\s]*/gi, '$1***');

/** Read a database URL. Errors: `store/url`, which never repeats the URL: it holds a password. */
export const addressOf = (text: string): Address => {
  if (!isPostgresUrl(text)) throw refuse('does not begin with postgres://');
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    // Node's error carries the whole input: it is left behind.
    throw refuse('cannot be read');
  }
  const { searchParams } = url;
  decoded(url.password, 'password');
  const sslmode = searchParams.get('sslmode');
  if (sslmode !== null && !sslModes.includes(sslmode))
    throw refuse(`has sslmode=${sslmode}, expected one of ${sslModes.join(', ')}`);
  if (sslmode === 'verify-ca' && !searchParams.has('sslrootcert'))
    throw refuse('has sslmode=verify-ca without sslrootcert=<file with the authority’s certificate>');
  const port = Number(searchParams.get('port') ?? (url.port === '' ? (process.env['PGPORT'] ?? 5432) : url.port));
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw refuse('has a port that is none');
  const user = searchParams.get('user') ?? decoded(url.username, 'user');
  const database = decoded(url.pathname.slice(1), 'database');
  if (sslmode !== null && sslmode !== 'no-verify' && !searchParams.has('uselibpqcompat'))
    searchParams.set('uselibpqcompat', 'true');
  return {
    host: searchParams.get('host') ?? (decoded(url.hostname, 'host') || (process.env['PGHOST'] ?? 'localhost')),
    port,
    database: database === '' ? user : database,
    user: user === '' ? null : user,
    connectionString: url.href,
  };
};
