import { Agent as PlainAgent, request as plain, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { Agent as SecureAgent, request as secure } from 'node:https';
import { SteelyardError } from '../../contracts/index.ts';

/** Most bytes of one answer. */
const mostBytes = 64 * 1024 * 1024;

/** What is posted. */
export interface HttpBody {
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
}
export interface HttpAnswer {
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
}

export interface HttpClient {
  /** One request (null: a GET); resolves with the whole of an answer of status 2xx. */
  send(url: URL, body: HttpBody | null): Promise<HttpAnswer>;
  close(): void;
}

export const jsonBody = (text: string): HttpBody => ({
  headers: { 'content-type': 'application/json' },
  bytes: Buffer.from(text, 'utf8'),
});

const fault = (code: string, url: URL, what: string, hint?: string): SteelyardError =>
  new SteelyardError(code, `${url.origin}${url.pathname}: ${what}`, hint);

/** The first words of an answer, fit for a message. */
const words = (text: string): string =>
  text
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, 120);

/** The JSON of an answer. Errors: `endpoint/garbage`. */
export const parseJson = (url: URL, bytes: Buffer): unknown => {
  const text = bytes.toString('utf8');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw fault('endpoint/garbage', url, `it answered with something that is not JSON: "${words(text)}"`);
  }
};

/** Errors: `endpoint/status`. */
const accepted = (url: URL, response: IncomingMessage, bytes: Buffer): HttpAnswer => {
  const status = response.statusCode ?? 0;
  if (status >= 200 && status <= 299) return { headers: response.headers, bytes };
  const text = words(bytes.toString('utf8', 0, 4096));
  throw fault('endpoint/status', url, `it answered with status ${status}${text === '' ? '' : `: ${text}`}`);
};

/** HTTP with connections that stay open, and a time limit on the whole of every request. Nothing is sent twice: what was dropped was dropped.
 *  Errors: `endpoint/timeout`, `endpoint/refused` (nobody listens, or no such host), `endpoint/dropped` (closed before the answer was
 *  whole), `endpoint/status` (not 2xx), `endpoint/garbage` (too large). */
export const httpClient = (timeoutMs: number, headers: Readonly<Record<string, string>>): HttpClient => {
  const agents = {
    'http:': new PlainAgent({ keepAlive: true, noDelay: true }),
    'https:': new SecureAgent({ keepAlive: true, noDelay: true }),
  } as const;
  const sendOne = (url: URL, body: HttpBody | null): Promise<HttpAnswer> =>
    new Promise((resolve, reject) => {
      const send = url.protocol === 'https:' ? secure : plain;
      let timer: NodeJS.Timeout | undefined = undefined;
      let begun = false;
      const fail = (error: unknown): void => {
        clearTimeout(timer);
        reject(error);
      };
      const request = send(
        url,
        {
          method: body === null ? 'GET' : 'POST',
          agent: agents[url.protocol === 'https:' ? 'https:' : 'http:'],
          headers: {
            accept: 'application/json, application/octet-stream',
            ...(body === null ? {} : { ...body.headers, 'content-length': String(body.bytes.length) }),
            ...headers,
          },
        },
        (response) => {
          begun = true;
          const parts: Buffer[] = [];
          let bytes = 0;
          response.on('data', (part: Buffer) => {
            bytes += part.length;
            if (bytes > mostBytes) {
              fail(fault('endpoint/garbage', url, `its answer is larger than ${mostBytes} bytes`));
              request.destroy();
            } else parts.push(part);
          });
          response.on('end', () => {
            clearTimeout(timer);
            try {
              resolve(accepted(url, response, Buffer.concat(parts)));
            } catch (error) {
              reject(error as Error);
            }
          });
          const dropped = (): void =>
            fail(fault('endpoint/dropped', url, 'the connection was closed before the answer was whole'));
          response.on('aborted', dropped);
          response.on('error', dropped);
        },
      );
      timer = setTimeout(() => {
        fail(fault('endpoint/timeout', url, `no whole answer within ${timeoutMs} ms`));
        request.destroy();
      }, timeoutMs);
      request.on('error', (error: NodeJS.ErrnoException) => {
        if (begun) {
          fail(fault('endpoint/dropped', url, `the connection was closed before the answer was whole`));
          return;
        }
        const code = error.code ?? error.message;
        fail(
          ['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN', 'ECONNABORTED'].includes(code)
            ? fault(
                'endpoint/refused',
                url,
                `it cannot be reached (${code})`,
                'is the server running, and the address right?',
              )
            : fault('endpoint/dropped', url, `the connection failed (${code})`),
        );
      });
      request.end(body?.bytes);
    });
  return {
    send: sendOne,
    close: () => {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
};
