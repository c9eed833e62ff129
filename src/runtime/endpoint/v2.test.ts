import { afterEach, expect, test } from 'vitest';
import type { Feeds } from '../../contracts/index.ts';
import { openClient } from '../client/client.ts';
import { binaryAnswer, serveBytes, type Asked, type Told } from '../testing/v2-server.ts';
import { planOf } from '../testing/world.ts';
import { openEndpoint } from './session.ts';

const running: (() => void)[] = [];
afterEach(() => {
  for (const stop of running.splice(0)) stop();
});

const description = {
  name: 'm',
  inputs: [
    { name: 'ids', datatype: 'INT64', shape: [-1, 2] },
    { name: 'words', datatype: 'BYTES', shape: [-1] },
  ],
  outputs: [{ name: 'half', datatype: 'FP16', shape: [-1, 2] }],
};
const feeds: Feeds = {
  ids: { dtype: 'int64', dims: [1, 2], data: BigInt64Array.of(9007199254740993n, -2n) },
  words: { dtype: 'string', dims: [2], data: ['a', 'né'] },
};
const half = { name: 'half', datatype: 'FP16', shape: [1, 2], parameters: { binary_data_size: 4 } };
const halfBytes = Buffer.from('003e00c0', 'hex');

/** A server whose metadata names the extension, or not; `infer` answers requests. */
const serve = async (infer: (asked: Asked) => Told | null, extensions: readonly string[] = ['binary_tensor_data']) => {
  const server = await serveBytes((asked) => {
    if (asked.path === '/v2') return { body: JSON.stringify({ name: 'server', extensions }) };
    if (asked.path === '/v2/models/m') return { body: JSON.stringify(description) };
    return infer(asked);
  });
  running.push(server.stop);
  return { ...server, model: `${server.url}/v2/models/m` };
};

test('tensors as bytes, where the server says that it takes them: every byte of a request, every kind of output', async () => {
  const words = Buffer.from(`02000000${Buffer.from('hi').toString('hex')}00000000`, 'hex');
  const { model, asked } = await serve(() =>
    binaryAnswer(
      {
        model_name: 'm',
        outputs: [
          half,
          { name: 'plain', datatype: 'INT32', shape: [1], data: [7] },
          { name: 'words', datatype: 'BYTES', shape: [2], parameters: { binary_data_size: words.length } },
        ],
      },
      halfBytes,
      words,
    ),
  );
  const session = await openEndpoint({ url: model });
  expect(session.tensors).toBe('binary');
  expect(session.outputs).toMatchObject([{ name: 'half', type: { dtype: 'float16', dims: [null, 2] } }]);
  const { outputs } = await session.run(feeds);
  await session.close();
  expect(outputs).toEqual({
    half: { dtype: 'float16', dims: [1, 2], data: Uint16Array.of(0x3e00, 0xc000) },
    plain: { dtype: 'int32', dims: [1], data: Int32Array.of(7) },
    words: { dtype: 'string', dims: [2], data: ['hi', ''] },
  });
  expect(asked.map(({ path }) => path)).toEqual(['/v2', '/v2/models/m', '/v2/models/m/infer']);
  const { headers, body } = asked[2]!;
  expect(headers['content-type']).toBe('application/octet-stream');
  const length = Number(headers['inference-header-content-length']);
  expect(JSON.parse(body.toString('utf8', 0, length))).toEqual({
    inputs: [
      { name: 'ids', shape: [1, 2], datatype: 'INT64', parameters: { binary_data_size: 16 } },
      { name: 'words', shape: [2], datatype: 'BYTES', parameters: { binary_data_size: 12 } },
    ],
    parameters: { binary_data_output: true },
  });
  expect(body.toString('hex', length)).toBe(`0100000000002000feffffffffffffff${'0100000061'}${'030000006ec3a9'}`);
  expect(headers['content-length']).toBe(String(length + 28));
});

test('JSON where the server does not name the extension; what has no form in JSON is refused, unless bytes are asked for', async () => {
  const { model, asked } = await serve(() => binaryAnswer({ outputs: [half] }, halfBytes), []);
  await expect(openEndpoint({ url: model })).rejects.toMatchObject({ code: 'endpoint/type' });
  const forced = await openEndpoint({ url: model, tensors: 'binary' });
  expect((await forced.run(feeds)).outputs['half']!.data).toEqual(Uint16Array.of(0x3e00, 0xc000));
  await forced.close();
  // What is chosen is not asked for.
  expect(asked.filter(({ path }) => path === '/v2')).toHaveLength(1);
});

test('a server without metadata gets JSON; one that is asked for bytes may answer in JSON', async () => {
  const plain = { ...description, outputs: [{ name: 'y', datatype: 'FP32', shape: [1] }] };
  const answer = { outputs: [{ name: 'y', datatype: 'FP32', shape: [1], data: [0.5] }] };
  const server = await serveBytes(({ path }) => {
    if (path === '/v2') return { status: 404, body: 'nothing here' };
    return { body: JSON.stringify(path.endsWith('/infer') ? answer : plain) };
  });
  running.push(server.stop);
  for (const tensors of ['auto', 'binary'] as const) {
    const session = await openEndpoint({ url: `${server.url}/v2/models/m`, tensors });
    expect(session.tensors).toBe(tensors === 'auto' ? 'json' : 'binary');
    expect((await session.run(feeds)).outputs['y']!.data).toEqual(Float32Array.of(0.5));
    await session.close();
  }
  expect(JSON.parse(String(server.asked[2]!.body)).inputs[0].data[0]).toBe(9007199254740992);
});

const withLength = (value: string): Told => ({
  headers: { 'inference-header-content-length': value },
  body: '{"outputs":[]}',
});
const bad: readonly (readonly [string, Told])[] = [
  ['says that more is JSON than there is', withLength('15')],
  ['has a length that is no number', withLength('-1')],
  ['cuts its JSON', withLength('5')],
  ['has fewer bytes than an output needs', binaryAnswer({ outputs: [half] }, halfBytes.subarray(1))],
  ['has bytes that belong to no output', binaryAnswer({ outputs: [half] }, halfBytes, Buffer.of(0))],
  ['has a size that does not fit the shape', binaryAnswer({ outputs: [{ ...half, shape: [3] }] }, halfBytes)],
  ['has a negative size', binaryAnswer({ outputs: [{ ...half, parameters: { binary_data_size: -4 } }] })],
  ['has numbers and bytes', binaryAnswer({ outputs: [{ ...half, data: [1, 2] }] }, halfBytes)],
  [
    'has a text that is longer than the answer',
    binaryAnswer(
      { outputs: [{ name: 'w', datatype: 'BYTES', shape: [1], parameters: { binary_data_size: 5 } }] },
      Buffer.from('0900000061', 'hex'),
    ),
  ],
  ['is bytes without the header', { body: Buffer.from('00ff00ff', 'hex') }],
];

test.each(bad)('an answer that %s is garbage by code, also under load, where it is counted', async (_, told) => {
  const { model } = await serve(() => told);
  const session = await openEndpoint({ url: model, timeoutMs: 1_000 });
  await expect(session.run(feeds)).rejects.toMatchObject({ code: 'endpoint/garbage' });
  await session.close();
});

test('under load: bytes that are garbage, short or never come are counted by kind, and nothing hangs', async () => {
  let n = 0;
  const { model, asked } = await serve(() => {
    const at = n++;
    if (at === 3) return null;
    if (at % 5 === 1) return binaryAnswer({ outputs: [half] }, halfBytes.subarray(2));
    // Closed before what it announced: a body shorter than its length.
    if (at % 5 === 2) return { headers: { 'content-length': '99' }, body: '{"outputs"' };
    return binaryAnswer({ outputs: [half] }, halfBytes);
  });
  const settings = { url: model, timeoutMs: 500, tensors: 'binary' } as const;
  const client = await openClient({ kind: 'endpoint', settings }, [feeds]);
  try {
    const at = Float64Array.from({ length: 20 }, (__, i) => i * 3);
    const played = await client.play(planOf({ at, calls: new Int32Array(20) }));
    expect(played.state).toHaveLength(20);
    expect(played.faults.map(({ code, count }) => [code, count]).toSorted()).toEqual([
      ['endpoint/garbage', 4],
      ['endpoint/timeout', 5],
    ]);
    expect(asked.filter(({ path }) => path.endsWith('/infer'))).toHaveLength(20);
  } finally {
    await client.close();
  }
});
