import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { Feeds } from '../../contracts/index.ts';
import { openClient } from '../client/client.ts';
import { planOf } from '../testing/world.ts';
import { openEndpoint } from './session.ts';

type Answer = (request: { url: string; body: unknown; n: number }, response: ServerResponse) => void;

const running: (() => void)[] = [];
afterEach(() => {
  for (const stop of running.splice(0)) stop();
});

/** A server on a free port. */
const serve = async (answer: Answer): Promise<{ url: string; stop: () => void }> => {
  let n = 0;
  const server = createServer((request: IncomingMessage, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const text = Buffer.concat(parts).toString();
      answer({ url: request.url!, body: text === '' ? null : JSON.parse(text), n: n++ }, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = (): void => {
    server.closeAllConnections();
    server.close();
  };
  running.push(stop);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
};

const json = (response: ServerResponse, value: unknown): void => {
  response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
};
const description = {
  name: 'm',
  inputs: [{ name: 'ids', datatype: 'INT64', shape: [-1, 2] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
};
const feeds: Feeds = { ids: { dtype: 'int64', dims: [1, 2], data: BigInt64Array.of(9007199254740993n, -2n) } };
const scores = { outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 2], data: [0.25, 0.75] }] };

test('speaks the Open Inference Protocol: reads the description, posts tensors, reads tensors', async () => {
  const asked: unknown[] = [];
  const { url } = await serve((request, response) => {
    asked.push(request.url);
    if (request.body === null) json(response, description);
    else {
      asked.push(request.body);
      json(response, scores);
    }
  });
  const session = await openEndpoint({ url: `${url}/v2/models/m`, tensors: 'json' });
  expect(session.inputs).toMatchObject([{ name: 'ids', type: { dtype: 'int64', dims: [null, 2] } }]);
  const { outputs, durationMs } = await session.run(feeds);
  expect(outputs['y']).toEqual({ dtype: 'float32', dims: [1, 2], data: Float32Array.of(0.25, 0.75) });
  expect(durationMs).toBeGreaterThan(0);
  expect(asked[0]).toBe('/v2/models/m');
  expect(asked[1]).toBe('/v2/models/m/infer');
  expect(asked[2]).toMatchObject({ inputs: [{ name: 'ids', datatype: 'INT64', shape: [1, 2] }] });
  await expect(session.usage()).rejects.toMatchObject({ code: 'endpoint/unknown' });
  await session.close();
  await expect(session.run(feeds)).rejects.toMatchObject({ code: 'runtime/closed' });
});

test('speaks to OpenAI-shaped endpoints: a chat takes one text a call', async () => {
  const asked: unknown[] = [];
  const { url } = await serve(({ body }, response) => {
    asked.push(body);
    const [{ content }] = (body as { messages: [{ content: string }] }).messages;
    const message = { role: 'assistant', content: content === 'refuse' ? null : `${content}?` };
    json(response, { choices: [{ index: 0, message, finish_reason: 'stop' }], usage: { completion_tokens: 3 } });
  });
  const chat = await openEndpoint({ url: `${url}/v1/chat/completions`, model: 'c', maxTokens: 5 });
  const feedsOf = (data: readonly string[]): Feeds => ({ text: { dtype: 'string', dims: [data.length], data } });
  expect((await chat.run(feedsOf(['ab']))).outputs).toEqual({
    completion: { dtype: 'string', dims: [1], data: ['ab?'] },
    finish_reason: { dtype: 'string', dims: [1], data: ['stop'] },
    completion_tokens: { dtype: 'float64', dims: [1], data: Float64Array.of(3) },
  });
  expect(asked).toEqual([{ model: 'c', messages: [{ role: 'user', content: 'ab' }], max_tokens: 5, temperature: 0 }]);
  await expect(chat.run(feedsOf(['a', 'b']))).rejects.toMatchObject({ code: 'endpoint/batch' });
  await expect(chat.run(feedsOf(['refuse']))).rejects.toMatchObject({ code: 'endpoint/garbage' });
  await chat.close();
});

test('speaks to OpenAI-shaped endpoints: embeddings and completions', async () => {
  const { url } = await serve(({ url: path, body }, response) => {
    const { input, prompt } = body as { input?: string[]; prompt?: string[] };
    if (path === '/v1/embeddings') json(response, { data: input!.map((text) => ({ embedding: [text.length, 1] })) });
    else
      json(response, {
        choices: prompt!.map((text) => ({ text: `${text}!`, finish_reason: 'length' })),
        usage: { completion_tokens: 16 },
      });
  });
  const texts: Feeds = { text: { dtype: 'string', dims: [2], data: ['ab', 'c'] } };
  const embeddings = await openEndpoint({ url: `${url}/v1/embeddings`, model: 'e' });
  expect((await embeddings.run(texts)).outputs['embedding']).toEqual({
    dtype: 'float32',
    dims: [2, 2],
    data: Float32Array.of(2, 1, 1, 1),
  });
  await embeddings.close();
  const completions = await openEndpoint({ url: `${url}/v1/completions` });
  expect((await completions.run(texts)).outputs['completion']!.data).toEqual(['ab!', 'c!']);
  const one: Feeds = { text: { dtype: 'string', dims: [1], data: ['ab'] } };
  expect((await completions.run(one)).outputs).toEqual({
    completion: { dtype: 'string', dims: [1], data: ['ab!'] },
    finish_reason: { dtype: 'string', dims: [1], data: ['length'] },
    completion_tokens: { dtype: 'float64', dims: [1], data: Float64Array.of(16) },
  });
  await completions.close();
});

test.each([
  ['never answers', 'endpoint/timeout', () => undefined],
  ['drops the connection', 'endpoint/dropped', (response: ServerResponse) => response.destroy()],
  [
    'closes in the middle of an answer',
    'endpoint/dropped',
    (response: ServerResponse) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"outputs":');
      setTimeout(() => response.destroy(), 5);
    },
  ],
  ['answers garbage', 'endpoint/garbage', (response: ServerResponse) => response.end('<html>\u0000 oops')],
  ['answers other JSON', 'endpoint/garbage', (response: ServerResponse) => json(response, [1, 2])],
  [
    'answers with a wrong shape',
    'endpoint/garbage',
    (response: ServerResponse) => json(response, { outputs: [{ ...scores.outputs[0], shape: [2, 2] }] }),
  ],
  [
    'answers words for numbers',
    'endpoint/garbage',
    (response: ServerResponse) => json(response, { outputs: [{ ...scores.outputs[0], data: ['a', null] }] }),
  ],
  ['is overloaded', 'endpoint/status', (response: ServerResponse) => response.writeHead(503).end('busy')],
] as const)('an endpoint that %s gives a coded error', async (_, code, misbehave) => {
  const { url } = await serve(({ body }, response) => {
    if (body === null) json(response, description);
    else misbehave(response);
  });
  const session = await openEndpoint({ url: `${url}/v2/models/m`, timeoutMs: 300 });
  await expect(session.run(feeds)).rejects.toMatchObject({ code });
  await session.close();
});

test('an address that says too little, and nobody there, are refused', async () => {
  await expect(openEndpoint({ url: 'http://127.0.0.1:1/' })).rejects.toMatchObject({ code: 'endpoint/url' });
  await expect(openEndpoint({ url: 'ftp://host/v1/embeddings' })).rejects.toMatchObject({ code: 'endpoint/url' });
  await expect(openEndpoint({ url: 'http://127.0.0.1:1/v2/models/m' })).rejects.toMatchObject({
    code: 'endpoint/refused',
  });
});

test('under load every kind of misbehaviour is counted, and a server that goes away does not hang the client', async () => {
  const { url, stop } = await serve(({ body, n }, response) => {
    if (body === null) json(response, description);
    else if (n === 3) return;
    else if (n % 5 === 1) response.destroy();
    else if (n % 5 === 2) response.end('nonsense');
    else json(response, scores);
  });
  const target = { kind: 'endpoint', settings: { url: `${url}/v2/models/m`, timeoutMs: 1_000 } } as const;
  const client = await openClient(target, [feeds]);
  try {
    const at = Float64Array.from({ length: 30 }, (_, i) => i * 3);
    const played = await client.play(planOf({ at, calls: new Int32Array(30) }));
    expect(played.state).toHaveLength(30);
    expect(played.faults.map(({ code }) => code).toSorted()).toEqual([
      'endpoint/dropped',
      'endpoint/garbage',
      'endpoint/timeout',
    ]);
    expect(played.state.filter((state) => state === 0).length).toBeGreaterThan(5);
    expect(await client.usage()).toBeNull();
    stop();
    const gone = await client.play(planOf({ minQueries: 3 }));
    expect(gone.faults.reduce((sum, { count }) => sum + count, 0)).toBe(3);
    expect(gone.faults.at(-1)!.code).toBe('endpoint/refused');
  } finally {
    await client.close();
  }
});
