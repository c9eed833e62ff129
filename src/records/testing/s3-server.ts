import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a test makes the server do with the next request that fits. */
export interface Mishap {
  readonly method: string;
  /** `refuse`: answer so. `break`: close the connection after so many bytes of the answer, or at once.
   *  `lose`: do what is asked and close the connection instead of answering. */
  readonly kind: 'refuse' | 'break' | 'lose';
  readonly status?: number;
  readonly code?: string;
  readonly afterBytes?: number;
  /** Only requests whose URL holds this. */
  readonly matching?: string;
}

/** An S3 server for tests, in this process: verifies every signature and body, keeps objects in memory. */
export interface S3Server {
  readonly endpoint: string;
  readonly keys: { readonly AWS_ACCESS_KEY_ID: string; readonly AWS_SECRET_ACCESS_KEY: string };
  /** Bucket/key → bytes. */
  readonly objects: Map<string, Buffer>;
  /** Requests so far: "PUT /bucket/key?query". */
  readonly log: string[];
  /** Uploads begun and neither completed nor given up. */
  uploads(): number;
  mishap(...next: readonly Mishap[]): void;
  close(): Promise<void>;
}

const region = 'us-east-1';
const accessKeyId = 'AKIDTEST';
const secretAccessKey = 'secret/of+the+test';

const hex = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');
const hmac = (key: Buffer | string, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** Written from the specification and apart from what signs. null: fits; else the error's code.
 *  Source: AWS Signature Version 4 for Amazon S3. */
const verify = (request: IncomingMessage, url: URL, body: Buffer): string | null => {
  const parts =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([\w;-]+), ?Signature=([0-9a-f]{64})$/.exec(
      request.headers.authorization ?? '',
    );
  if (parts === null) return 'AccessDenied';
  const [, id, day, where, names, signature] = parts as unknown as [string, string, string, string, string, string];
  if (id !== accessKeyId) return 'InvalidAccessKeyId';
  if (where !== region) return 'AuthorizationHeaderMalformed';
  const time = String(request.headers['x-amz-date']);
  const stated = String(request.headers['x-amz-content-sha256']);
  if (stated !== hex(body)) return 'XAmzContentSHA256Mismatch';
  if (!names.split(';').includes('host') || !names.split(';').includes('x-amz-content-sha256')) return 'AccessDenied';
  const canonical = [
    request.method,
    url.pathname
      .split('/')
      .map((part) => encode(decodeURIComponent(part)))
      .join('/'),
    [...url.searchParams]
      .map(([name, value]) => `${encode(name)}=${encode(value)}`)
      .toSorted()
      .join('&'),
    ...names.split(';').map((name) => `${name}:${String(request.headers[name]).trim()}`),
    '',
    names,
    stated,
  ].join('\n');
  const text = ['AWS4-HMAC-SHA256', time, `${day}/${region}/s3/aws4_request`, hex(canonical)].join('\n');
  const key = ['s3', 'aws4_request'].reduce(hmac, hmac(hmac(`AWS4${secretAccessKey}`, day), region));
  return hmac(key, text).toString('hex') === signature ? null : 'SignatureDoesNotMatch';
};

/** Start it on a free port. Only the bucket `bucket` exists; its name is in the path or before the host. */
export const startS3Server = async (): Promise<S3Server> => {
  const objects = new Map<string, Buffer>();
  const uploads = new Map<string, Map<number, Buffer>>();
  const log: string[] = [];
  let mishaps: Mishap[] = [];
  let counter = 0;

  const answer = (response: ServerResponse, status: number, body: string | Buffer = '', headers = {}): void => {
    response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers });
    response.end(body);
  };
  const refuse = (response: ServerResponse, status: number, code: string): void =>
    answer(
      response,
      status,
      `<?xml version="1.0"?><Error><Code>${code}</Code><Message>because of ${code}</Message></Error>`,
    );

  const handle = (request: IncomingMessage, response: ServerResponse, body: Buffer): void => {
    const url = new URL(request.url!, `http://${request.headers.host}`);
    log.push(`${request.method} ${request.url}`);
    const index = mishaps.findIndex(
      ({ method, matching = '' }) => method === request.method && request.url!.includes(matching),
    );
    const [mishap] = index < 0 ? [] : mishaps.splice(index, 1);
    if (mishap?.kind === 'refuse') return refuse(response, mishap.status ?? 503, mishap.code ?? 'SlowDown');
    if (mishap?.kind === 'break' && mishap.afterBytes === undefined) return void request.socket.destroy();
    const fault = verify(request, url, body);
    if (fault !== null) return refuse(response, fault === 'XAmzContentSHA256Mismatch' ? 400 : 403, fault);
    const virtual = url.hostname.startsWith('bucket.');
    const path = virtual ? `bucket${decodeURIComponent(url.pathname)}` : decodeURIComponent(url.pathname).slice(1);
    if (!path.startsWith('bucket/')) return refuse(response, 404, 'NoSuchBucket');
    const query = url.searchParams;
    const done = (status: number, text = '', headers = {}): void =>
      mishap?.kind === 'lose' ? void request.socket.destroy() : answer(response, status, text, headers);
    const uploadId = query.get('uploadId');
    if (uploadId !== null && !uploads.has(uploadId)) return refuse(response, 404, 'NoSuchUpload');
    switch (request.method) {
      case 'POST': {
        if (query.has('uploads')) {
          const id = `up&load+/${++counter}`;
          uploads.set(id, new Map());
          return done(200, `<Result><UploadId>${id.replace('&', '&amp;')}</UploadId></Result>`);
        }
        const parts = uploads.get(uploadId!)!;
        const listed = [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>"(\w+)"<\/ETag>/g)];
        const all = listed.map(([, number]) => parts.get(Number(number)));
        if (all.some((part, at) => part === undefined || hex(part) !== listed[at]![2]))
          return refuse(response, 400, 'InvalidPart');
        objects.set(path, Buffer.concat(all as Buffer[]));
        uploads.delete(uploadId!);
        return done(200, '<CompleteMultipartUploadResult/>');
      }
      case 'PUT':
        if (uploadId !== null) uploads.get(uploadId)!.set(Number(query.get('partNumber')), body);
        else objects.set(path, body);
        return done(200, '', { etag: `"${hex(body)}"` });
      case 'DELETE':
        if (uploadId !== null) uploads.delete(uploadId);
        return done(204);
      default: {
        const object = objects.get(path);
        if (object === undefined) return refuse(response, 404, 'NoSuchKey');
        if (request.method === 'HEAD') {
          response.writeHead(200, { 'content-length': object.length });
          response.end();
          return;
        }
        const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
        const rest = object.subarray(from);
        response.writeHead(from > 0 ? 206 : 200, { 'content-length': rest.length });
        if (mishap?.kind === 'break')
          response.write(rest.subarray(0, mishap.afterBytes), () => request.socket.destroy());
        else response.end(rest);
      }
    }
  };

  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => handle(request, response, Buffer.concat(pieces)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keys: { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
    objects,
    log,
    uploads: () => uploads.size,
    mishap(...next) {
      mishaps = [...mishaps, ...next];
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
};
