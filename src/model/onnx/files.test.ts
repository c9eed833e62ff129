import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { afterAll, describe, expect, test } from 'vitest';
import { readTensorSync, tensor } from '../tensor/index.ts';
import { ModelProtoSchema } from './generated/onnx_pb.ts';
import { decode, decodeFile, encode, encodeFile } from './index.ts';
import { floats, graph, info, linear, model, node } from './testing/models.ts';

const root = mkdtempSync(join(tmpdir(), 'steelyard-onnx-'));
afterAll(() => rmSync(root, { recursive: true }));
let count = 0;
const folder = (): string => {
  const path = join(root, String(count++));
  mkdirSync(path);
  return path;
};
const code = (what: string) => expect.objectContaining({ code: `model/${what}` });
const big = linear(2000);
const data = (source: typeof big, name = 'w') => source.graph.initializers.get(name)!;

describe('reading by reference', () => {
  test('large payloads stay in the file, small ones come along, wherever they are', async () => {
    const path = join(folder(), 'model.onnx');
    const inner = graph({
      inputs: [],
      initializers: new Map([['deep', floats([1500])]]),
      nodes: [node('Identity', ['deep'], ['y'])],
    });
    const value = { ...floats([1200], 3), name: 'c' };
    await encodeFile(
      model({
        nodes: [
          node('Constant', [], ['c'], { value: { kind: 'tensor', value } }),
          node('If', ['x'], ['y'], { then_branch: { kind: 'graph', value: inner } }),
        ],
        initializers: big.graph.initializers,
      }),
      path,
    );
    const read = await decodeFile(path);
    expect(data(read).data).toMatchObject({ kind: 'file', path, length: 32000 });
    expect(readTensorSync(data(read))).toEqual(readTensorSync(data(big)));
    expect(data(read, 'b').data.kind).toBe('inline');
    const [constant, branch] = read.graph.nodes;
    const taken = constant!.attributes['value']!;
    expect(taken.kind === 'tensor' && taken.value.data.kind === 'file' && readTensorSync(taken.value)).toEqual(
      readTensorSync(value),
    );
    const body = branch!.attributes['then_branch']!;
    expect(body.kind === 'graph' && body.value.initializers.get('deep')!.data).toMatchObject({
      kind: 'file',
      length: 6000,
    });
  });
  test('float_data is left in the file too', async () => {
    const path = join(folder(), 'old.onnx');
    const numbers = Array.from({ length: 3000 }, (_, index) => Math.fround(Math.cos(index)));
    const graphProto = { initializer: [{ name: 'w', dataType: 1, dims: [3000n], floatData: numbers }] };
    writeFileSync(path, toBinary(ModelProtoSchema, create(ModelProtoSchema, { irVersion: 3n, graph: graphProto })));
    const read = await decodeFile(path);
    expect(data(read).data.kind).toBe('file');
    expect(new Float32Array(readTensorSync(data(read)).buffer)).toEqual(Float32Array.from(numbers));
  });
  test('reads the same model as from memory', async () => {
    const path = join(folder(), 'model.onnx');
    await encodeFile(big, path);
    expect(await encode(await decodeFile(path))).toEqual(await encode(decode(readFileSync(path))));
  });
  test('memory stays small however large the weights are', async () => {
    const path = join(folder(), 'sparse.onnx');
    const dims = [24 * 1024 * 1024];
    const weights = join(folder(), 'weights');
    writeFileSync(weights, '');
    truncateSync(weights, 96 * 1024 * 1024);
    const huge = {
      dtype: 'float32',
      dims,
      data: { kind: 'file', path: weights, offset: 0, length: 96 * 1024 * 1024 },
    } as const;
    const before = process.memoryUsage.rss();
    await encodeFile(model({ initializers: new Map([['w', huge]]) }), path);
    const started = performance.now();
    const read = await decodeFile(path);
    expect(performance.now() - started).toBeLessThan(5000);
    expect(process.memoryUsage.rss() - before).toBeLessThan(80 * 1024 * 1024);
    expect(data(read).data.kind).toBe('file');
  });
});

describe('writing', () => {
  test('external data is aligned, named after the model and reads back', async () => {
    const path = join(folder(), 'model_q4.onnx');
    const source = model({
      initializers: new Map([
        ['b', floats([4])],
        ['w', floats([500])],
        ['v', floats([700])],
      ]),
    });
    const { files } = await encodeFile(source, path, { externalData: 'always' });
    expect(files.map(({ name }) => name)).toEqual(['model_q4.onnx', 'model_q4.onnx_data']);
    expect(files.map(({ sizeBytes }) => sizeBytes)).toEqual(
      files.map(({ name }) => statSync(join(path, '..', name)).size),
    );
    const read = await decodeFile(path);
    expect(data(read, 'v').data).toEqual({ kind: 'file', path: `${path}_data`, offset: 4096, length: 2800 });
    expect(data(read, 'b').data.kind).toBe('inline');
    expect(await encode(read)).toEqual(await encode(source));
  });
  test('the same model gives the same bytes', async () => {
    expect(await encode(linear())).toEqual(await encode(linear()));
  });
  test('no space: a coded error and no rest', async () => {
    const path = join(folder(), 'model.onnx');
    symlinkSync('/dev/full', `${path}.part`);
    await expect(encodeFile(big, path)).rejects.toEqual(code('no-space'));
    expect(readdirSync(join(path, '..'))).toEqual([]);
  });
  test('a vanished source, a missing folder, a cancelled run: no rest either', async () => {
    const path = join(folder(), 'source.onnx');
    await encodeFile(big, path);
    const read = await decodeFile(path);
    const target = join(folder(), 'model.onnx');
    truncateSync(path, 1000);
    await expect(encodeFile(read, target)).rejects.toEqual(code('data'));
    rmSync(path);
    await expect(encodeFile(read, target)).rejects.toEqual(code('data'));
    await expect(encodeFile(big, join(target, 'none', 'model.onnx'))).rejects.toEqual(code('write'));
    const signal = AbortSignal.abort();
    await expect(encodeFile(big, target, { signal })).rejects.toThrow('aborted');
    expect(readdirSync(join(target, '..'))).toEqual([]);
  });
  test('refuses to write over the file its weights are read from', async () => {
    const path = join(folder(), 'model.onnx');
    await encodeFile(big, path, { externalData: 'always' });
    const read = await decodeFile(path);
    await expect(encodeFile(read, path)).rejects.toEqual(code('in-place'));
    await encodeFile(read, join(path, '..', 'other.onnx'));
    expect((await decodeFile(path)).graph.initializers.size).toBe(2);
  });
  test('"never" above 2 GiB is refused before anything is written', async () => {
    const target = join(folder(), 'model.onnx');
    const huge = { dtype: 'uint8', dims: [3e9], data: { kind: 'file', path: target, offset: 0, length: 3e9 } } as const;
    await expect(
      encodeFile(model({ initializers: new Map([['w', huge]]) }), target, { externalData: 'never' }),
    ).rejects.toEqual(code('too-large'));
  });
});

describe('external data', () => {
  const external = (at: string, location: string, more: Record<string, string> = {}): string => {
    const path = join(at, 'model.onnx');
    const externalData = Object.entries({ location, ...more }).map(([key, value]) => ({ key, value }));
    const initializer = [{ name: 'w', dataType: 1, dims: [4n], dataLocation: 1 as const, externalData }];
    writeFileSync(
      path,
      toBinary(ModelProtoSchema, create(ModelProtoSchema, { irVersion: 8n, graph: { initializer } })),
    );
    return path;
  };
  const outside = join(root, 'outside.bin');
  writeFileSync(outside, new Uint8Array(64));

  test('is found beside the model and below it', async () => {
    const at = folder();
    mkdirSync(join(at, 'weights'));
    writeFileSync(join(at, 'weights', 'w.bin'), Float32Array.of(0, 1, 2, 3, 4));
    const read = await decodeFile(external(at, 'weights/w.bin', { offset: '4' }));
    expect(new Float32Array(readTensorSync(data(read)).buffer)).toEqual(Float32Array.of(1, 2, 3, 4));
    expect(decode(readFileSync(join(at, 'model.onnx')), at)).toEqual(read);
    expect(() => decode(readFileSync(join(at, 'model.onnx')))).toThrow(code('external-data'));
  });
  test('may be linked inside of one folder, as the Hugging Face cache does', async () => {
    const cache = folder();
    for (const part of ['blobs', 'snapshots', 'snapshots/a']) mkdirSync(join(cache, part));
    const blob = external(join(cache, 'blobs'), 'model.onnx_data');
    writeFileSync(join(cache, 'blobs', 'abc'), new Uint8Array(16));
    symlinkSync(blob, join(cache, 'snapshots/a/model.onnx'));
    symlinkSync('../../blobs/abc', join(cache, 'snapshots/a/model.onnx_data'));
    expect(data(await decodeFile(join(cache, 'snapshots/a/model.onnx'))).data.kind).toBe('file');
  });
  test.each([
    '../outside.bin',
    'a/../../outside.bin',
    outside,
    'C:\\w.bin',
    'a\\w.bin',
    'w\0.bin',
    '/etc/passwd',
    'x'.repeat(5000),
    '..',
    './..',
  ])('never leaves the folder: %s', async (location) => {
    await expect(decodeFile(external(folder(), location))).rejects.toEqual(code('path-escape'));
  });
  test('never leaves the folder through links', async () => {
    const at = folder();
    symlinkSync(outside, join(at, 'w.bin'));
    await expect(decodeFile(external(at, 'w.bin'))).rejects.toEqual(code('path-escape'));
    symlinkSync(root, join(at, 'sub'));
    await expect(decodeFile(external(at, 'sub/outside.bin'))).rejects.toEqual(code('path-escape'));
  });
  test('must be there, a file, and long enough', async () => {
    const at = folder();
    writeFileSync(join(at, 'w.bin'), new Uint8Array(16));
    mkdirSync(join(at, 'd'));
    for (const [location, more] of [
      ['none.bin', {}],
      ['d', {}],
      ['', {}],
      ['w.bin', { offset: '1' }],
      ['w.bin', { offset: '-1' }],
      ['w.bin', { offset: '1e3' }],
      ['w.bin', { length: '8' }],
      ['w.bin', { offset: '99999999999999999' }],
    ] as const)
      await expect(decodeFile(external(at, location, more))).rejects.toEqual(code('external-data'));
    expect((await decodeFile(external(at, 'w.bin', { length: '16' }))).graph.initializers.size).toBe(1);
  });
});

describe('what is no model', () => {
  test('is named by what it looks like', async () => {
    const at = folder();
    const cases: [string, string | Uint8Array, RegExp][] = [
      ['empty', '', /an empty file/],
      ['zip', 'PK\x03\x04rest', /zip archive/],
      ['html', '\n <!DOCTYPE html><html>', /HTML page/],
      ['json', '{"architectures": []}', /JSON/],
      ['lfs', 'version https://git-lfs.github.com/spec/v1\noid sha256:0', /Git LFS pointer.*git lfs pull/],
      [
        'safetensors',
        Buffer.concat([Buffer.from([16, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{"w":{"dtype":1}}')]),
        /safetensors/,
      ],
      ['gguf', 'GGUF\x03', /GGUF/],
    ];
    for (const [name, contents, looks] of cases) {
      writeFileSync(join(at, name), contents);
      await expect(decodeFile(join(at, name))).rejects.toMatchObject({
        code: 'model/format',
        message: expect.stringMatching(looks),
      });
    }
  });
  test('a missing file, a folder, a pipe', async () => {
    const at = folder();
    await expect(decodeFile(join(at, 'none.onnx'))).rejects.toEqual(code('not-found'));
    await expect(decodeFile(at)).rejects.toEqual(code('unreadable'));
    execFileSync('mkfifo', [join(at, 'pipe')]);
    await expect(decodeFile(join(at, 'pipe'))).rejects.toEqual(code('unreadable'));
  });
  test('a file larger than protobuf allows', async () => {
    const path = join(folder(), 'large.onnx');
    writeFileSync(path, await encode(linear()));
    truncateSync(path, 2 ** 31);
    await expect(decodeFile(path)).rejects.toEqual(code('too-large'));
    expect(existsSync(path)).toBe(true);
  });
});

test('strings and string tensors travel', async () => {
  const words = tensor('string', [2], ['ä', '']);
  const path = join(folder(), 'model.onnx');
  await encodeFile(model({ initializers: new Map([['s', words]]), outputs: [info('y', [1])] }), path);
  expect(data(await decodeFile(path), 's')).toEqual(words);
});
