import { Agent as PlainAgent, request as plain, type IncomingMessage } from 'node:http';
import { Agent as SecureAgent, request as secure } from 'node:https';
import { SteelyardError } from '../../contracts/index.ts';

/** Most bytes of one answer. */
const mostBytes = 64 * 1024 * 1024;

export interface HttpClient {
  /** One request with a JSON body (null: a GET); answers the parsed JSON. */
  json(url: URL, body: string | null): Promise<unknown>;
  close(): void;
}

const fault = (code: string, url: URL, what: string, hint?: string): SteelyardError =>
  new SteelyardError(code, `${url.origin}${url.pathname}: ${what}`, hint);

/** The first words of an answer, fit for a message. */
const words = (text: string): string =>
  text
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, 120);

const parse = (url: URL, response: IncomingMessage, text: string): unknown => {
  const status = response.statusCode ?? 0;
  if (status < 200 || status > 299)
    throw fault('endpoint/status', url, `it answered with status ${status}${text === '' ? '' : `: ${words(text)}`}`);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw fault('endpoint/garbage', url, `it answered with something that is not JSON: "${words(text)}"`);
  }
};

/** HTTP with connections that stay open, and a time limit on the whole of every request. Nothing is sent twice: what was dropped was dropped.
 *  Errors: `endpoint/timeout`, `endpoint/refused` (nobody listens, or no such host), `endpoint/dropped` (closed before the answer was
 *  whole), `endpoint/status` (not 2xx), `endpoint/garbage` (not JSON, or too large). */
export const httpClient = (timeoutMs: number, headers: Readonly<Record<string, string>>): HttpClient => {
  const agents = {
    'http:': new PlainAgent({ keepAlive: true, noDelay: true }),
    'https:': new SecureAgent({ keepAlive: true, noDelay: true }),
  } as const;
  const json = (url: URL, body: string | null): Promise<unknown> =>
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
            accept: 'application/json',
            ...(body === null
              ? {}
              : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }),
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
              resolve(parse(url, response, Buffer.concat(parts).toString('utf8')));
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
      request.end(body ?? undefined);
    });
  return {
    json,
    close: () => {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
};
