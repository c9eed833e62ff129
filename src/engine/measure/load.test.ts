import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { binaryAnswer, serveBytes } from '../../runtime/testing/v2-server.ts';
import { stackText, workbench } from '../../runtime/testing/trial.ts';
import { loadTest, type LoadSettings } from './load.ts';

const settings: LoadSettings = {
  target: '',
  scenario: 'server',
  rate: 50,
  limitMs: 5_000,
  percentile: 0.9,
  seconds: 0.4,
  minQueries: 20,
  arrivals: 'constant',
  burstiness: 1,
  batchSize: 1,
  threads: 1,
  endpoint: { timeoutMs: 1_000 },
  seed: 1,
  base: process.cwd(),
  signal: new AbortController().signal,
};

const serve = async (answer: (path: string, n: number, response: ServerResponse) => void) => {
  let n = 0;
  const server = createServer((request, response) => {
    request.resume().on('end', () => answer(request.url!, n++, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};
const description = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 1] }],
};
const half = {
  inputs: [{ name: 'x', datatype: 'FP16', shape: [-1, 4] }],
  outputs: [{ name: 'y', datatype: 'FP16', shape: [-1, 1] }],
};
const answerOf = (value: number) => ({ outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 1], data: [value] }] });

test('a model file under load: every request answered, as without load, by its own rules', async () => {
  const bench = await workbench();
  try {
    const { files } = await bench.subject('m', stackText(3));
    const report = await loadTest({ ...settings, target: files[0]!.path });
    expect(report.summary).toMatchObject({ queries: 20, answered: 20, overLimit: 0 });
    expect(report.violations.filter(({ code }) => code === 'load/outputs-differ')).toEqual([]);
    expect(report.mlperf).toMatchObject({
      effective_scenario: 'Server',
      effective_target_qps: 50,
      result_query_count: 20,
    });
    expect(report.inputs).toBe('random inputs');
    const pile = await loadTest({
      ...settings,
      target: files[0]!.path,
      scenario: 'offline',
      seconds: 0.1,
      minQueries: 1,
    });
    expect(pile.summary.completedRate).toBeGreaterThan(10);
    await writeFile(join(bench.folder, 'late.txt'), '0\n5\n9');
    await expect(
      loadTest({ ...settings, target: files[0]!.path, arrivals: 'trace', trace: join(bench.folder, 'none.txt') }),
    ).rejects.toMatchObject({ code: 'load/trace' });
  } finally {
    await bench.remove();
  }
});

test('an endpoint that drops, garbles and changes its answers is told by kind', async () => {
  const { url, stop } = await serve((path, n, response) => {
    if (!path.endsWith('/infer')) response.end(JSON.stringify(description));
    else if (n % 4 === 1 && n > 3) response.destroy();
    else if (n % 4 === 2 && n > 3) response.end('{');
    else response.end(JSON.stringify(answerOf(n)));
  });
  try {
    const report = await loadTest({ ...settings, target: `${url}/v2/models/m` });
    expect(report.faults.map(({ code }) => code).toSorted()).toEqual(['endpoint/dropped', 'endpoint/garbage']);
    expect(report.summary.valid).toBe(false);
    expect(report.violations).toMatchObject([{ code: 'load/outputs-differ' }]);
  } finally {
    stop();
  }
  await expect(loadTest({ ...settings, target: `${url}/v2/models/m` })).rejects.toMatchObject({
    code: 'endpoint/refused',
  });
});

test('an endpoint that is slow and then closes for good: counted and reported, the tests that need it again say so', async () => {
  let [asked, sending] = [0, false];
  const { url, stop } = await serve((path, _n, response) => {
    if (!path.endsWith('/infer')) return response.end(JSON.stringify(description));
    if (!sending || ++asked < 8) return response.end(JSON.stringify(answerOf(1)));
    if (asked === 15) return stop();
    // The others wait for an answer that never comes.
    return undefined;
  });
  const report = await loadTest({
    ...settings,
    target: `${url}/v2/models/m`,
    endpoint: { timeoutMs: 150 },
    progress: ({ label }) => void (sending = label.startsWith('sending')),
  });
  const codes = report.faults.map(({ code }) => code);
  expect(codes.every((code) => ['endpoint/timeout', 'endpoint/dropped', 'endpoint/refused'].includes(code))).toBe(true);
  expect(codes).toContain('endpoint/refused');
  expect(report.summary).toMatchObject({ queries: 20, answered: 7, valid: false });
  expect(report.compliance[0]).toMatchObject({ test: 'TEST01', outcome: 'exempt' });
  expect(report.compliance[0]!.message).toMatch(/^it could not be asked again after the run: /);
});

test('an OpenAI-shaped endpoint gets texts; an address that says too little, and data that do not fit, are refused', async () => {
  const { url, stop } = await serve((path, _n, response) => {
    if (path === '/v1/embeddings') response.end(JSON.stringify({ data: [{ embedding: [1, 2] }] }));
    else response.end(JSON.stringify(description));
  });
  try {
    const report = await loadTest({ ...settings, target: `${url}/v1/embeddings` });
    expect(report).toMatchObject({ inputs: 'built-in sample texts', violations: [], faults: [] });
    await expect(loadTest({ ...settings, target: url })).rejects.toMatchObject({ code: 'endpoint/url' });
    await expect(
      loadTest({ ...settings, target: `${url}/v2/models/m`, data: 'rows.jsonl', textColumn: 'text' }),
    ).rejects.toMatchObject({ code: 'engine/inputs' });
  } finally {
    stop();
  }
});

test('a server that takes tensors as bytes gets them, halves too, and the report says so; short answers are counted', async () => {
  const wire = { name: 'y', datatype: 'FP16', shape: [1, 1], parameters: { binary_data_size: 2 } };
  const { url, asked, stop } = await serveBytes(({ path, body }) => {
    if (path === '/v2') return { body: '{"extensions":["binary_tensor_data"]}' };
    if (!path.endsWith('/infer')) return { body: JSON.stringify(half) };
    const n = asked.length;
    // The first value of the request comes back, so that equal inputs have equal answers.
    return binaryAnswer({ outputs: [wire] }, n > 12 && n % 9 === 0 ? Buffer.of(0) : body.subarray(-8, -6));
  });
  try {
    const report = await loadTest({ ...settings, target: `${url}/v2/models/m` });
    expect(report).toMatchObject({ inputs: 'random inputs', tensors: 'binary', violations: [] });
    expect(report.faults.map(({ code }) => code)).toEqual(['endpoint/garbage']);
    const inferred = asked.filter(({ path }) => path.endsWith('/infer'));
    expect(new Set(inferred.map(({ headers }) => headers['inference-header-content-length'])).size).toBe(1);
    expect(asked.filter(({ path }) => path === '/v2')).toHaveLength(1);
    await expect(
      loadTest({ ...settings, endpoint: { tensors: 'json' }, target: `${url}/v2/models/m` }),
    ).rejects.toMatchObject({ code: 'endpoint/type' });
  } finally {
    stop();
  }
});
