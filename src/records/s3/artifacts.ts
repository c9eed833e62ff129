import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { SteelyardError, type Digest } from '../../contracts/index.ts';
import type { Artifacts } from '../artifacts.ts';
import { openArtifacts } from '../files/artifacts.ts';
import { diskFault } from '../files/fault.ts';
import { s3Client } from './client.ts';
import { Refused } from './fault.ts';
import { s3LocationOf } from './location.ts';
import { credentialsFrom } from './sign.ts';
import { singleBytes, sizeOf, upload } from './upload.ts';

export interface S3ArtifactsOptions {
  /** s3://bucket/prefix?endpoint=…&region=…&path-style=… */
  readonly url: string;
  /** Folder for local copies: what is fetched once is read from here. Several processes of a machine may share it. */
  readonly cache: string;
  /** How long a request is repeated when the store does not answer as it should. Default 60. */
  readonly patienceSeconds?: number;
  readonly signal?: AbortSignal;
  readonly note?: (message: string) => void;
  /** Default: process.env. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Files above this size go up in parts of this size. Default 64 MB; servers want at least 5 MB. */
  readonly partBytes?: number;
}

const isCode = (error: unknown, ...codes: string[]): boolean =>
  error instanceof SteelyardError && codes.includes(error.code);

/** Artifacts in an S3-compatible store, by digest: `<prefix>/<first two hex>/<sha256>`, with local copies.
 *  What goes up is compared with its sha256 by the server, what comes down by us. Objects are never changed or deleted here.
 *  Keys: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN. Largest artifact: 5 TB.
 *  Errors: `store/url`, `store/authentication`, `store/permission`, `store/unreachable`, `store/tls`, `store/missing`, `store/corrupt`,
 *  `store/no-space` (there or here). */
export const openS3Artifacts = (options: S3ArtifactsOptions): Artifacts => {
  const environment = options.environment ?? process.env;
  const location = s3LocationOf(options.url, environment);
  credentialsFrom(environment);
  const client = s3Client({
    location,
    credentials: () => credentialsFrom(environment),
    patienceMs: (options.patienceSeconds ?? 60) * 1000,
    signal: options.signal,
    note: options.note ?? ((): void => undefined),
  });
  const cache = openArtifacts(options.cache, false);
  const fetching = new Map<Digest, Promise<string>>();
  /** What came back damaged: putting it again must not rely on its being there. */
  const damaged = new Set<Digest>();

  const keyOf = (digest: Digest): string => `${digest.slice(7, 9)}/${digest.slice(7)}`;

  /** Fetch to a file, going on where a connection broke. */
  const download = async (digest: Digest, draft: string): Promise<void> => {
    let total: number | null = null;
    await writeFile(draft, '');
    for (let received = 0; total === null || received < total; received = (await stat(draft)).size) {
      const from = received;
      const headers: Record<string, string> = from > 0 ? { range: `bytes=${from}-` } : {};
      const call = { method: 'GET', key: keyOf(digest), headers, doing: `fetching ${digest}` } as const;
      total = await client.call(call, async (answer) => {
        const begin = answer.statusCode === 200 ? 0 : from;
        await truncate(draft, begin);
        const length = Number(answer.headers['content-length']);
        const sink = createWriteStream(draft, { flags: 'a' });
        const closed = new Promise<void>((done) => sink.once('close', () => done()));
        await pipeline(answer, sink).catch(async (error: unknown) => {
          // A write that was under way lands all the same, and the stream does not count it: the file says what came.
          await closed;
          // Something came: the next question begins behind it.
          if ((await stat(draft)).size === begin || (error as NodeJS.ErrnoException).code === 'ENOSPC') throw error;
        });
        return begin + length;
      });
      if (total === 0) return;
    }
  };

  const fetched = async (digest: Digest): Promise<string> => {
    const drafts = join(options.cache, 'drafts');
    const draft = join(drafts, randomBytes(8).toString('hex'));
    try {
      await mkdir(drafts, { recursive: true });
      await download(digest, draft);
      const found = await cache.put({ path: draft, still: true });
      if (found !== digest) {
        damaged.add(digest);
        await cache.drop(found);
        throw new SteelyardError(
          'store/corrupt',
          `${keyOf(digest)} in bucket ${location.bucket}: the content has digest ${found}, expected ${digest}`,
          'the object was changed or damaged after it was written; delete it and run again to build it anew',
        );
      }
      return await cache.path(digest);
    } catch (error) {
      if (
        error instanceof SteelyardError &&
        error.cause instanceof Refused &&
        error.cause.code !== 'NoSuchBucket' &&
        error.cause.status === 404
      )
        throw new SteelyardError(
          'store/missing',
          `artifact ${digest} is not in bucket ${location.bucket} under "${location.prefix}"`,
          'was the bucket cleaned up? Run again to build it anew',
        );
      throw diskFault(error, 'keeping a copy of an artifact', draft);
    } finally {
      await rm(draft, { force: true });
    }
  };

  return {
    async put(source) {
      const digest = await cache.put(source);
      const file = await cache.path(digest);
      if (!damaged.has(digest) && (await sizeOf(client, keyOf(digest))) === (await stat(file)).size) return digest;
      await upload(client, keyOf(digest), file, digest.slice(7), options.partBytes ?? singleBytes);
      damaged.delete(digest);
      return digest;
    },
    async path(digest) {
      try {
        return await cache.path(digest);
      } catch (error) {
        if (!isCode(error, 'store/missing', 'store/corrupt') || !/^sha256:[0-9a-f]{64}$/.test(digest)) throw error;
        // A damaged copy is fetched anew.
        await cache.drop(digest);
      }
      let going = fetching.get(digest);
      if (going === undefined) {
        going = fetched(digest).finally(() => fetching.delete(digest));
        fetching.set(digest, going);
      }
      return going;
    },
    /** Only the local copy goes. */
    drop: (digest) => cache.drop(digest),
  };
};
