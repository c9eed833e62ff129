import { createHash } from 'node:crypto';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Refused, isPassing, s3Fault } from './fault.ts';
import { objectUrl, type S3Location } from './location.ts';
import { signed, type Credentials, type Unsigned } from './sign.ts';

/** What is sent. */
export interface Body {
  readonly sizeBytes: number;
  /** 64 hex digits. */
  readonly sha256: string;
  /** The bytes, anew at each attempt. */
  read(): Readable | Buffer;
}

export interface Call {
  readonly method: Unsigned['method'];
  readonly key: string;
  /** Query parameters; an empty value for those that are only named. */
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Body;
  readonly doing: string;
}

export interface S3ClientSettings {
  readonly location: S3Location;
  readonly credentials: () => Credentials;
  /** How long a request is repeated when the server does not answer as it should. */
  readonly patienceMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly note: (message: string) => void;
}

/** Signed requests to one bucket. */
export interface S3Client {
  /** Ask, and ask again while that may help. `use` gets the answer of status 2xx, and 404 where `missing` is allowed.
   *  Errors: see `s3Fault`. */
  call<T>(call: Call, use: (answer: IncomingMessage) => Promise<T>): Promise<T>;
}

/** A connection on which nothing moves for so long is given up. */
const silentMs = 60_000;
const firstPauseMs = 100;
const longestPauseMs = 5_000;
const longestTextBytes = 1 << 20;

const none: Body = { sizeBytes: 0, sha256: createHash('sha256').digest('hex'), read: () => Buffer.alloc(0) };

/** Read an answer's body as text, at most a megabyte. */
export const textOf = async (answer: IncomingMessage): Promise<string> => {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > longestTextBytes) throw new Error('an answer of the S3 store is longer than 1 MB');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
};

/** A client with connections that are kept open between requests. */
export const s3Client = ({ location, credentials, patienceMs, signal, note }: S3ClientSettings): S3Client => {
  const secure = location.endpoint.startsWith('https:');
  const agent = secure
    ? new HttpsAgent({ keepAlive: true, maxSockets: 16 })
    : new HttpAgent({ keepAlive: true, maxSockets: 16 });

  const send = async ({ method, key, query = {}, headers = {}, body }: Call): Promise<IncomingMessage> => {
    const url = objectUrl(location, key);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const { sizeBytes, sha256, read } = body ?? none;
    const all = await signed({
      method,
      url,
      headers,
      bodySha256: sha256,
      region: location.region,
      credentials: credentials(),
      now: new Date(),
    });
    if (body !== undefined || method === 'POST' || method === 'PUT') all['content-length'] = String(sizeBytes);
    const request = (secure ? httpsRequest : httpRequest)(url, { method, headers: all, agent, signal });
    request.setTimeout(silentMs, () =>
      request.destroy(Object.assign(new Error(`nothing moved for ${silentMs / 1000} s`), { code: 'ETIMEDOUT' })),
    );
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      request.once('response', resolve);
      request.once('error', reject);
    });
    const source = read();
    if (source instanceof Uint8Array) request.end(source);
    else
      // The server may refuse while the body is still on its way: its answer counts, not the broken pipe.
      pipeline(source, request).catch((error: Error) => {
        if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') request.destroy(error);
      });
    return answered;
  };

  return {
    async call(call, use) {
      const start = performance.now();
      for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
        try {
          const answer = await send(call);
          const status = answer.statusCode ?? 0;
          if (status < 200 || status > 299) throw new Refused(status, await textOf(answer));
          return await use(answer);
        } catch (error) {
          const waited = performance.now() - start;
          if (!isPassing(error) || waited + pauseMs > patienceMs || signal?.aborted === true)
            throw s3Fault(error, location, call.doing);
          if (pauseMs === firstPauseMs) note(`${s3Fault(error, location, call.doing).message}; trying again`);
          await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
        }
      }
    },
  };
};
