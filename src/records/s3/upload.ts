import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { SteelyardError } from '../../contracts/index.ts';
import { textOf, type Body, type S3Client } from './client.ts';
import { Refused } from './fault.ts';

/** Larger files go up in parts. */
export const singleBytes = 64 << 20;
/** The server's limit for one object. Source: Amazon S3 user guide, multipart upload limits. */
const largestBytes = 5 * 2 ** 40;
const mostParts = 10_000;
const partsAtOnce = 3;
const pieceBytes = 1 << 20;

const textBody = (text: string): Body => {
  const bytes = Buffer.from(text);
  return { sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex'), read: () => bytes };
};

/** Bytes [from, to) of a file. */
const fileBody = async (path: string, from: number, to: number): Promise<Body> => {
  const hash = createHash('sha256');
  const range = { start: from, end: to - 1, highWaterMark: pieceBytes };
  if (to > from) for await (const piece of createReadStream(path, range)) hash.update(piece as Buffer);
  return {
    sizeBytes: to - from,
    sha256: hash.digest('hex'),
    read: () => (to > from ? createReadStream(path, range) : Buffer.alloc(0)),
  };
};

const isMissing = (error: unknown): boolean =>
  error instanceof SteelyardError && error.cause instanceof Refused && error.cause.status === 404;

/** Size of an object, or null. */
export const sizeOf = async (client: S3Client, key: string): Promise<number | null> => {
  try {
    return await client.call({ method: 'HEAD', key, doing: `looking for ${key}` }, async (answer) => {
      answer.resume();
      return Number(answer.headers['content-length']);
    });
  } catch (error) {
    // The answer to HEAD has no body that says why: no bucket, keys that do not fit, or no right to know whether it is there.
    // Putting or getting finds out.
    if (isMissing(error) || (error instanceof SteelyardError && error.code === 'store/permission')) return null;
    throw error;
  }
};

const unescape = (text: string): string =>
  text.replace(/&(quot|apos|lt|gt|amp|#34);/g, (_, name: string) =>
    name === 'lt' ? '<' : name === 'gt' ? '>' : name === 'amp' ? '&' : name === 'apos' ? "'" : '"',
  );

const inParts = async (
  client: S3Client,
  key: string,
  path: string,
  sizeBytes: number,
  partBytes: number,
): Promise<void> => {
  const doing = `keeping ${key}`;
  const uploadId = await client.call({ method: 'POST', key, query: { uploads: '' }, doing }, async (answer) => {
    const text = await textOf(answer);
    const id = /<UploadId>([^<]+)<\/UploadId>/.exec(text)?.[1];
    if (id === undefined)
      throw new SteelyardError('store/io', `the store begins no upload of ${key}: ${text.slice(0, 200)}`);
    return unescape(id);
  });
  const query = { uploadId };
  try {
    const tags: string[] = [];
    const count = Math.ceil(sizeBytes / partBytes);
    let next = 0;
    const send = async (): Promise<void> => {
      while (next < count) {
        const part = next++;
        const body = await fileBody(path, part * partBytes, Math.min(sizeBytes, (part + 1) * partBytes));
        tags[part] = await client.call(
          { method: 'PUT', key, query: { ...query, partNumber: String(part + 1) }, body, doing },
          async (answer) => {
            answer.resume();
            return answer.headers.etag ?? '';
          },
        );
      }
    };
    await Promise.all(Array.from({ length: partsAtOnce }, send));
    const list = tags.map((tag, part) => `<Part><PartNumber>${part + 1}</PartNumber><ETag>${tag}</ETag></Part>`);
    const body = textBody(`<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`);
    await client.call({ method: 'POST', key, query, body, doing }, async (answer) => {
      // Success is told before the parts are joined: a failure comes in the body.
      const text = await textOf(answer);
      if (text.includes('<Error>')) throw new Refused(500, text);
    });
  } catch (error) {
    // Its answer was lost and it is there: what was asked twice is done once.
    if (isMissing(error) && (await sizeOf(client, key)) === sizeBytes) return;
    await client
      .call({ method: 'DELETE', key, query, doing }, async (answer) => void answer.resume())
      .catch(() => undefined);
    throw error;
  }
};

/** Send a file that nobody changes meanwhile. The server compares every body with its sha256 before it keeps it.
 *  Memory: a few megabytes whatever the size. `partBytes` is for tests. */
export const upload = async (
  client: S3Client,
  key: string,
  path: string,
  sha256: string,
  partBytes = singleBytes,
): Promise<void> => {
  const { size } = await stat(path);
  if (size > largestBytes)
    throw new SteelyardError(
      'store/artifact-size',
      `${path} has ${size} bytes, and an S3 store keeps at most ${largestBytes} in one object`,
      'keep external data in several files',
    );
  if (size > partBytes) return inParts(client, key, path, size, Math.max(partBytes, Math.ceil(size / mostParts)));
  const small = size <= pieceBytes ? await readFile(path) : null;
  const body: Body = {
    sizeBytes: size,
    sha256,
    read: () => small ?? createReadStream(path, { highWaterMark: pieceBytes }),
  };
  await client.call({ method: 'PUT', key, body, doing: `keeping ${key}` }, async (answer) => void answer.resume());
};
