import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it came. */
export interface Asked {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}
export interface Told {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
}

/** An answer with tensors as bytes: JSON, then the bytes. */
export const binaryAnswer = (json: unknown, ...bytes: readonly Buffer[]): Told => {
  const head = Buffer.from(JSON.stringify(json));
  return {
    headers: { 'inference-header-content-length': String(head.length) },
    body: Buffer.concat([head, ...bytes]),
  };
};

/** A server on a free port of this machine. null: it never answers. */
export const serveBytes = async (
  answer: (asked: Asked) => Told | null,
): Promise<{ readonly url: string; readonly asked: readonly Asked[]; stop(): void }> => {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const one = { path: request.url!, headers: request.headers, body: Buffer.concat(parts) };
      asked.push(one);
      const told = answer(one);
      if (told !== null) response.writeHead(told.status ?? 200, told.headers).end(told.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};
