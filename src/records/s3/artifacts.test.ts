import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Digest } from '../../contracts/index.ts';
import type { Artifacts } from '../artifacts.ts';
import { digestOfBytes } from '../canonical.ts';
import { startS3Server, type S3Server } from '../testing/s3-server.ts';
import { openS3Artifacts, type S3ArtifactsOptions } from './artifacts.ts';

let server: S3Server;
let folder = '';
beforeAll(async () => {
  server = await startS3Server();
});
afterAll(() => server.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steelyard-s3-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
  server.objects.clear();
  server.log.length = 0;
});

const open = (machine: string, options: Partial<S3ArtifactsOptions> & { bucket?: string } = {}): Artifacts =>
  openS3Artifacts({
    url: `s3://${options.bucket ?? 'bucket'}/team?endpoint=${server.endpoint}`,
    cache: join(folder, machine),
    environment: server.keys,
    ...options,
  });
const objectOf = (digest: Digest): string => `bucket/team/${digest.slice(7, 9)}/${digest.slice(7)}`;
const text = async (artifacts: Artifacts, digest: Digest): Promise<string> =>
  readFile(await artifacts.path(digest), 'utf8');
const random = (bytes: number): Buffer => {
  const made = Buffer.alloc(bytes);
  for (let at = 0, state = 1; at < bytes; at++) made[at] = state = (state * 75 + 74) % 65_537;
  return made;
};

describe('artifacts in an S3 store', () => {
  test('what one machine puts, another gets: once over the network', async () => {
    const digest = await open('one').put(Buffer.from('weights'));
    expect(digest).toBe(digestOfBytes('weights'));
    expect([...server.objects.keys()]).toEqual([objectOf(digest)]);
    const other = open('other');
    expect(await Promise.all([text(other, digest), text(other, digest)])).toEqual(['weights', 'weights']);
    expect(await text(open('other'), digest)).toBe('weights');
    expect(server.log.filter((line) => line.startsWith('GET'))).toHaveLength(1);
    expect(await readdir(join(folder, 'other', 'drafts'))).toEqual([]);
  });

  test('what is there is not sent again', async () => {
    const bytes = random(100_000);
    for (const machine of ['one', 'two', 'one']) await open(machine).put(bytes);
    expect(server.log.filter((line) => line.startsWith('PUT'))).toHaveLength(1);
  });

  test.each([0, 1, 4999, 5000, 5001, 20_001])('%i bytes, in parts of 5,000 where larger', async (size) => {
    const file = join(folder, 'file');
    await writeFile(file, random(size));
    const digest = await open('one', { partBytes: 5000 }).put({ path: file, still: true });
    expect(server.objects.get(objectOf(digest))!.equals(random(size))).toBe(true);
    expect(server.log.filter((line) => line.includes('partNumber'))).toHaveLength(
      size <= 5000 ? 0 : Math.ceil(size / 5000),
    );
    expect(server.uploads()).toBe(0);
    expect((await readFile(await open('other').path(digest))).equals(random(size))).toBe(true);
  });

  test('a server that is overloaded, breaks connections or loses its answers is asked again', async () => {
    const notes: string[] = [];
    const artifacts = open('one', { partBytes: 5000, note: (message) => notes.push(message) });
    server.mishap(
      { method: 'PUT', kind: 'refuse', status: 503, code: 'SlowDown' },
      { method: 'PUT', kind: 'break', matching: 'partNumber=2' },
      { method: 'PUT', kind: 'lose', matching: 'partNumber=3' },
      { method: 'POST', kind: 'lose', matching: 'uploadId' },
    );
    const digest = await artifacts.put(random(17_000));
    expect(server.objects.get(objectOf(digest))!.equals(random(17_000))).toBe(true);
    expect(notes.join('\n')).toContain('SlowDown');
    server.mishap(
      { method: 'GET', kind: 'break' },
      { method: 'GET', kind: 'refuse', status: 500, code: 'InternalError' },
    );
    expect((await readFile(await open('other').path(digest))).equals(random(17_000))).toBe(true);
  });

  test('a download that breaks goes on where it was', async () => {
    const bytes = random(3_000_000);
    const digest = await open('one').put(bytes);
    server.mishap({ method: 'GET', kind: 'break', afterBytes: 1_000_000 });
    expect((await readFile(await open('other').path(digest))).equals(bytes)).toBe(true);
    expect(server.log.filter((line) => line.startsWith('GET'))).toHaveLength(2);
  });

  test('a failed upload in parts leaves none behind', async () => {
    const artifacts = open('one', { partBytes: 5000 });
    server.mishap({ method: 'PUT', kind: 'refuse', status: 403, code: 'AccessDenied', matching: 'partNumber=2' });
    await expect(artifacts.put(random(12_000))).rejects.toMatchObject({ code: 'store/permission' });
    expect(server.uploads()).toBe(0);
    expect(server.objects.size).toBe(0);
  });

  test('a damaged object is store/corrupt, and putting it again heals it; a damaged copy heals itself', async () => {
    const bytes = Buffer.from('precious');
    const digest = await open('one').put(bytes);
    server.objects.set(objectOf(digest), Buffer.from('prec1ous'));
    const other = open('other');
    await expect(other.path(digest)).rejects.toMatchObject({ code: 'store/corrupt' });
    expect(await other.put(bytes)).toBe(digest);
    expect(server.objects.get(objectOf(digest))!.toString()).toBe('precious');
    await writeFile(await other.path(digest), 'prec1ous');
    expect(await text(open('other'), digest)).toBe('precious');
  });

  test('what is not there is store/missing', async () => {
    await expect(open('one').path(digestOfBytes('never put'))).rejects.toMatchObject({
      code: 'store/missing',
      message: expect.stringContaining('bucket bucket') as string,
    });
  });
});

describe('errors', () => {
  test.each([
    [
      { AWS_ACCESS_KEY_ID: 'AKIDTEST', AWS_SECRET_ACCESS_KEY: 'wrong-secret' },
      'store/authentication',
      'SignatureDoesNotMatch',
    ],
    [
      { AWS_ACCESS_KEY_ID: 'nobody', AWS_SECRET_ACCESS_KEY: 'wrong-secret' },
      'store/authentication',
      'InvalidAccessKeyId',
    ],
  ])('keys that do not fit: %o', async (environment, code, what) => {
    const error: unknown = await open('one', { environment })
      .put(Buffer.from('x'))
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringContaining(what) as string });
    expect(`${(error as Error).stack}${JSON.stringify(error)}`).not.toContain('wrong-secret');
  });

  test('no keys at all are refused at once', () => {
    expect(() => open('one', { environment: {} })).toThrow(expect.objectContaining({ code: 'store/authentication' }));
  });

  test.each([
    [404, 'NoSuchBucket', 'store/missing'],
    [403, 'AccessDenied', 'store/permission'],
    [403, 'RequestTimeTooSkewed', 'store/authentication'],
    [400, 'AuthorizationHeaderMalformed', 'store/url'],
    [507, 'XMinioStorageFull', 'store/no-space'],
    [400, 'EntityTooLarge', 'store/io'],
  ])('HTTP %i %s is %s', async (status, code, expected) => {
    const artifacts = open('one');
    server.mishap({ method: 'PUT', kind: 'refuse', status, code });
    await expect(artifacts.put(Buffer.from('x'))).rejects.toMatchObject({
      code: expected,
      message: expect.stringContaining(server.endpoint) as string,
    });
  });

  test('another bucket is store/missing', async () => {
    await expect(open('one', { bucket: 'elsewhere' }).put(Buffer.from('x'))).rejects.toMatchObject({
      code: 'store/missing',
    });
  });

  test('a server that is not there, or stays overloaded, is store/unreachable after the patience', async () => {
    const gone = await startS3Server();
    await gone.close();
    await expect(
      open('one', { url: `s3://bucket/x?endpoint=${gone.endpoint}`, patienceSeconds: 0.2 }).put(Buffer.from('x')),
    ).rejects.toMatchObject({ code: 'store/unreachable', message: expect.stringContaining(gone.endpoint) as string });
    server.mishap(...Array.from({ length: 9 }, () => ({ method: 'PUT', kind: 'refuse' }) as const));
    await expect(open('one', { patienceSeconds: 0.3 }).put(Buffer.from('x'))).rejects.toMatchObject({
      code: 'store/unreachable',
    });
  });

  test('a request that is cancelled ends at once', async () => {
    const stop = new AbortController();
    server.mishap(...Array.from({ length: 9 }, () => ({ method: 'HEAD', kind: 'refuse' }) as const));
    const put = open('one', { signal: stop.signal }).put(Buffer.from('x'));
    setTimeout(() => stop.abort(), 50);
    await expect(put).rejects.toMatchObject({ code: 'store/unreachable' });
  });
});
