import { createServer, type Server } from 'node:http';
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { neededFiles } from './hub-files.ts';
import { fetchModel, parseHubReference } from './hub.ts';

const commit = 'a'.repeat(40);
const repository = 'someone/a-model';
const reference = { repository, revision: 'main' };

/** A small hub on a free port: one repository, plain files. */
const startHub = async (
  files: Readonly<Record<string, string>>,
  lie: { readonly sizeOf?: string; readonly sha?: string } = {},
) => {
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://hub');
    asked.push(url.pathname);
    const send = (status: number, body: string, headers: Record<string, string> = {}): void => {
      response.writeHead(status, { 'content-length': String(Buffer.byteLength(body)), ...headers });
      response.end(request.method === 'HEAD' ? '' : body);
    };
    const json = (value: unknown): void => send(200, JSON.stringify(value), { 'content-type': 'application/json' });
    if (url.pathname.startsWith('/api/models/gated/'))
      return send(403, '{"error":"gated"}', { 'content-type': 'application/json' });
    if (url.pathname.startsWith(`/api/models/${repository}/revision/`))
      return json({
        _id: 'x',
        id: repository,
        sha: lie.sha ?? commit,
        private: false,
        downloads: 0,
        likes: 0,
        gated: false,
        lastModified: '2026-01-01T00:00:00Z',
      });
    if (url.pathname.startsWith(`/api/models/${repository}/tree/`))
      return json(
        Object.entries(files).map(([path, body]) => ({
          type: 'file',
          path,
          oid: 'f'.repeat(40),
          size: Buffer.byteLength(body) + (lie.sizeOf === path ? 5 : 0),
        })),
      );
    const found = /\/resolve\/[^/]+\/(.+)$/.exec(url.pathname);
    const body = found === null ? undefined : files[decodeURIComponent(found[1]!)];
    if (body === undefined) return send(404, '{"error":"not found"}', { 'content-type': 'application/json' });
    const range = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '');
    const bytes = Buffer.from(body);
    if (range === null) return send(200, body, { etag: '"e"', 'x-repo-commit': commit });
    const [from, to] = [
      Number(range[1]),
      range[2] === '' ? bytes.length - 1 : Math.min(Number(range[2]), bytes.length - 1),
    ];
    response.writeHead(206, {
      etag: '"e"',
      'content-range': `bytes ${from}-${to}/${bytes.length}`,
      'content-length': String(to - from + 1),
    });
    response.end(bytes.subarray(from, to + 1));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): Promise<void> =>
    new Promise((resolve) => (server.closeAllConnections(), server.close(() => resolve())));
  return { hubUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, close };
};

const files = {
  'config.json': '{"id2label":{}}',
  'tokenizer.json': '{}',
  'README.md': '# card',
  'onnx/model.onnx': 'x'.repeat(200_000),
  'onnx/model.onnx_data': 'y'.repeat(1000),
  'onnx/model_quantized.onnx': 'never',
  'pytorch_model.bin': 'never',
};

let cacheFolder: string;
beforeEach(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), 'steelyard-hub-'));
  vi.stubEnv('HF_HOME', join(cacheFolder, 'home'));
  vi.stubEnv('HF_HUB_CACHE', join(cacheFolder, 'hub'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(cacheFolder, { recursive: true, force: true });
});

test('reads references and leaves other texts alone', () => {
  expect(parseHubReference('hf:owner/name')).toEqual({ repository: 'owner/name', revision: 'main' });
  expect(parseHubReference('hf:owner/name.v2@refs/pr/7')).toEqual({
    repository: 'owner/name.v2',
    revision: 'refs/pr/7',
  });
  expect(parseHubReference('models/mine')).toBeNull();
  for (const bad of ['hf:', 'hf:name', 'hf:a/b/c', 'hf:a/b@', 'hf:../x', 'hf:a/b@../../etc', `hf:a/${'b'.repeat(200)}`])
    expect(() => parseHubReference(bad)).toThrowError(expect.objectContaining({ code: 'data/hub-reference' }));
});

describe('fetching', () => {
  test('brings only what is needed, once, with progress, and writes nothing to stdout', async () => {
    const hub = await startHub(files);
    const written: string[] = [];
    const original = process.stdout.write.bind(process.stdout);
    const spy = vi
      .spyOn(process.stdout, 'write')
      .mockImplementation(((chunk: string | Uint8Array) => (written.push(String(chunk)), true)) as typeof original);
    try {
      const progress: number[] = [];
      const fetched = await fetchModel(reference, {
        ...hub,
        cacheFolder,
        progress: ({ doneBytes, totalBytes }) => progress.push(doneBytes / totalBytes),
      });
      expect([...fetched.files].toSorted()).toEqual([
        'README.md',
        'config.json',
        'onnx/model.onnx',
        'onnx/model.onnx_data',
        'tokenizer.json',
      ]);
      expect(await readFile(join(fetched.folder, 'onnx', 'model.onnx'), 'utf8')).toBe(files['onnx/model.onnx']);
      expect(progress.at(-1)).toBe(1);
      expect(progress).toEqual(progress.toSorted((a, b) => a - b));
      const before = hub.asked.length;
      const again = await fetchModel(reference, { ...hub, cacheFolder });
      expect(again).toEqual(fetched);
      expect(hub.asked.length).toBe(before + 1);
      const pinned = await fetchModel({ repository, revision: commit }, { ...hub, cacheFolder });
      expect(pinned.folder).toBe(fetched.folder);
      expect(hub.asked.length).toBe(before + 1);
    } finally {
      spy.mockRestore();
      await hub.close();
    }
    expect(written).toEqual([]);
  });

  test('offline, a complete earlier fetch is used; without one the error says what to do', async () => {
    const hub = await startHub(files);
    const fetched = await fetchModel(reference, { ...hub, cacheFolder });
    await hub.close();
    const log: string[] = [];
    expect((await fetchModel(reference, { ...hub, cacheFolder, log: (line) => log.push(line) })).folder).toBe(
      fetched.folder,
    );
    expect(log.join()).toContain('as fetched before');
    await expect(
      fetchModel({ repository: 'someone/other', revision: 'main' }, { ...hub, cacheFolder }),
    ).rejects.toMatchObject({ code: 'data/hub-offline', hint: expect.stringContaining('local folder') });
  });

  test('takes files that the hub client already fetched', async () => {
    const hub = await startHub(files);
    const snapshot = join(cacheFolder, 'hub', 'models--someone--a-model', 'snapshots', commit, 'onnx');
    await mkdir(snapshot, { recursive: true });
    await writeFile(join(cacheFolder, 'blob'), files['onnx/model.onnx']);
    await symlink(join(cacheFolder, 'blob'), join(snapshot, 'model.onnx'));
    const { folder } = await fetchModel(reference, { ...hub, cacheFolder });
    await hub.close();
    expect(hub.asked.some((path) => path.endsWith('/onnx/model.onnx'))).toBe(false);
    expect(await readFile(join(folder, 'onnx', 'model.onnx'), 'utf8')).toBe(files['onnx/model.onnx']);
  });

  test('a fetch that ends early is no fetch', async () => {
    const hub = await startHub(files, { sizeOf: 'onnx/model.onnx' });
    await expect(fetchModel(reference, { ...hub, cacheFolder })).rejects.toMatchObject({
      code: expect.stringMatching(/^data\/hub/),
    });
    await hub.close();
    const left = (await readdir(cacheFolder, { recursive: true })).filter(
      (name) => name.includes('model.onnx') || name.includes('complete'),
    );
    expect(left).toEqual([]);
  });

  test.each([
    ['a repository that is not there', { repository: 'someone/missing', revision: 'main' }, 'data/hub-missing'],
    ['a gated one', { repository: 'gated/one', revision: 'main' }, 'data/hub-denied'],
  ])('%s', async (_, wanted, code) => {
    const hub = await startHub(files);
    await expect(fetchModel(wanted, { ...hub, cacheFolder })).rejects.toMatchObject({ code });
    await hub.close();
  });

  test('names that leave the folder, and a commit that is none', async () => {
    const escaping = await startHub({ 'model.onnx': 'x', 'model.onnx_data/../../../evil': 'y' });
    await expect(fetchModel(reference, { ...escaping, cacheFolder })).rejects.toMatchObject({ code: 'data/hub-path' });
    await escaping.close();
    const lying = await startHub(files, { sha: '../../etc' });
    await expect(fetchModel(reference, { ...lying, cacheFolder })).rejects.toMatchObject({ code: 'data/hub' });
    await lying.close();
  });

  test('stops when it is cancelled', async () => {
    const hub = await startHub(files);
    await expect(fetchModel(reference, { ...hub, cacheFolder, signal: AbortSignal.abort() })).rejects.toThrow();
    await hub.close();
  });
});

test('a repository without an ONNX model says what it has', () => {
  const list = (...paths: string[]) => paths.map((path) => ({ path, sizeBytes: 1 }));
  expect(() => neededFiles('a/b', list('config.json', 'model_int8.onnx'))).toThrowError(
    /neither onnx\/model.onnx nor model.onnx; it has model_int8.onnx/,
  );
  expect(neededFiles('a/b', list('model.onnx', 'model.onnx.data', 'x.bin')).map(({ path }) => path)).toEqual([
    'model.onnx',
    'model.onnx.data',
  ]);
});
