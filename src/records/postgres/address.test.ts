import { describe, expect, test } from 'vitest';
import { addressOf, isPostgresUrl, withoutPassword } from './address.ts';

const fault = (text: string): Error => {
  try {
    addressOf(text);
  } catch (error) {
    return error as Error;
  }
  throw new Error(`no error for ${text}`);
};

describe('a database’s address', () => {
  test('host, port, database and user are read, defaults filled in', () => {
    expect(addressOf('postgres://anna:s3cret@db.example:6000/runs')).toMatchObject({
      host: 'db.example',
      port: 6000,
      database: 'runs',
      user: 'anna',
    });
    expect(addressOf('postgresql://anna@[::1]/')).toMatchObject({ host: '[::1]', port: 5432, database: 'anna' });
    expect(addressOf('postgres:///runs?host=/var/run/postgresql')).toMatchObject({
      host: '/var/run/postgresql',
      database: 'runs',
      user: null,
    });
  });

  test('sslmode means what PostgreSQL’s own programs mean by it', () => {
    expect(addressOf('postgres://a@b/c?sslmode=require').connectionString).toBe(
      'postgres://a@b/c?sslmode=require&uselibpqcompat=true',
    );
    expect(addressOf('postgres://a@b/c?sslmode=no-verify').connectionString).toBe('postgres://a@b/c?sslmode=no-verify');
  });

  test.each([
    ['http://u:hunter2@host/db', 'postgres://'],
    ['postgres://u:hunter2@host:port/db', 'cannot be read'],
    ['postgres://u:hunter2%zz@host/db', 'password'],
    ['postgres://u:hunter2@host/db?sslmode=maybe', 'sslmode=maybe'],
    ['postgres://u:hunter2@host/db?sslmode=verify-ca', 'sslrootcert'],
    ['postgres://u:hunter2@host/db?port=0', 'port'],
  ])('%s is store/url and never repeats the password', (text, what) => {
    const error = fault(text);
    expect(error).toMatchObject({ code: 'store/url' });
    expect(error.message).toContain(what);
    expect(JSON.stringify([error.message, error, error.cause])).not.toContain('hunter2');
  });
});

test('the password is cut out wherever it stands', () => {
  expect(withoutPassword('tune --queue postgres://anna:p@ss:w0rd@db/x --out y')).toBe(
    'tune --queue postgres://anna:***@db/x --out y',
  );
  expect(withoutPassword('POSTGRESQL://anna:a/b?c@db/x')).toBe('POSTGRESQL://anna:***@db/x');
  expect(withoutPassword('postgres://db/x?user=a&password=geheim&sslmode=require')).toBe(
    'postgres://db/x?user=a&password=***&sslmode=require',
  );
  expect(withoutPassword('postgres://anna@db/x')).toBe('postgres://anna@db/x');
});

test('a folder is no database', () => {
  expect(isPostgresUrl('runs/postgres')).toBe(false);
  expect(isPostgresUrl('postgresql://h/d')).toBe(true);
});
