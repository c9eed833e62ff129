import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { dtypeSuffixes } from '../contracts/index.ts';
import { openFolder } from './folder.ts';
import { decodeFile, encode, encodeFile } from './onnx/index.ts';
import { linear } from './onnx/testing/models.ts';
import { variantFileName, writeFolder } from './write-folder.ts';

const root = mkdtempSync(join(tmpdir(), 'steelyard-write-'));
afterAll(() => rmSync(root, { recursive: true }));
let count = 0;
const fresh = (): string => join(root, String(count++));
const tree = (at: string): string[] =>
  readdirSync(at, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(at.length + 1))
    .sort();
const digest = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

/** A source folder with a model of 32 KB. */
const source = async (externalData: 'always' | 'never' = 'never'): Promise<string> => {
  const at = fresh();
  mkdirSync(join(at, 'onnx'), { recursive: true });
  for (const name of ['config.json', 'tokenizer.json']) writeFileSync(join(at, name), '{}');
  writeFileSync(join(at, 'model.safetensors'), 'large');
  writeFileSync(join(at, 'steelyard.json'), '{"old": true}');
  await encodeFile(linear(2000), join(at, 'onnx', 'model.onnx'), { externalData });
  return at;
};

describe('writing a folder', () => {
  test('companions, the named model and the receipt', async () => {
    const from = await openFolder(await source());
    const target = fresh();
    const written = await writeFolder(target, {
      source: from,
      model: from.modelPath,
      suffix: 'quantized',
      receipt: { by: 'test' },
    });
    expect(tree(target)).toEqual(['config.json', 'onnx/model_quantized.onnx', 'steelyard.json', 'tokenizer.json']);
    expect(digest(written.modelPath)).toBe(digest(from.modelPath));
    expect(JSON.parse(readFileSync(join(target, 'steelyard.json'), 'utf8'))).toEqual({ by: 'test' });
    const again = await openFolder(target);
    expect(again.modelPath).toBe(written.modelPath);
    expect(written.files).toEqual([
      { name: 'model_quantized.onnx', sizeBytes: readFileSync(written.modelPath).length },
    ]);
  });
  test('external data is renamed inside of the model as well', async () => {
    const from = await openFolder(await source('always'));
    const target = fresh();
    const written = await writeFolder(target, { source: from, model: from.modelPath, suffix: '_q4', receipt: {} });
    expect(tree(target)).toContain('onnx/model_q4.onnx_data');
    expect(await encode(await decodeFile(written.modelPath))).toEqual(await encode(linear(2000)));
  });
  test('a model in memory, without companions', async () => {
    const target = fresh();
    const { modelPath } = await writeFolder(target, { source: null, model: linear(), suffix: '', receipt: null });
    expect(modelPath).toBe(join(target, 'onnx', 'model.onnx'));
    expect(await encode(await decodeFile(modelPath))).toEqual(await encode(linear()));
  });
  test('the sidecar of a bare file goes along under the new name', async () => {
    const at = fresh();
    mkdirSync(at);
    await encodeFile(linear(), join(at, 'net.onnx'));
    writeFileSync(join(at, 'net.steelyard.yaml'), 'labels: [a]\n');
    const from = await openFolder(join(at, 'net.onnx'));
    const target = fresh();
    await writeFolder(target, { source: from, model: from.modelPath, suffix: 'quantized', receipt: {} });
    expect((await openFolder(target)).sidecar).toEqual({ labels: ['a'] });
  });
});

describe('all or nothing', () => {
  test('a folder with contents is only replaced on request', async () => {
    const from = await openFolder(await source());
    const target = fresh();
    const contents = { source: from, model: from.modelPath, suffix: 'q4', receipt: {} };
    mkdirSync(target);
    await writeFolder(target, contents);
    await expect(writeFolder(target, contents)).rejects.toMatchObject({ code: 'model/exists' });
    await writeFolder(target, { ...contents, suffix: 'fp16', overwrite: true });
    expect(tree(target)).toContain('onnx/model_fp16.onnx');
    expect(tree(target)).not.toContain('onnx/model_q4.onnx');
  });
  test('a fault on the way leaves what was there and nothing else', async () => {
    const from = await openFolder(await source());
    const model = await decodeFile(from.modelPath);
    truncateSync(from.modelPath, 500);
    const parent = fresh();
    mkdirSync(join(parent, 'out'), { recursive: true });
    writeFileSync(join(parent, 'out', 'precious.txt'), 'x');
    const contents = { source: from, suffix: 'q4', receipt: {}, overwrite: true };
    await expect(writeFolder(join(parent, 'out'), { ...contents, model })).rejects.toMatchObject({
      code: 'model/data',
    });
    await expect(writeFolder(join(parent, 'new'), { ...contents, model })).rejects.toMatchObject({
      code: 'model/data',
    });
    expect(tree(parent)).toEqual(['out/precious.txt']);
    expect(readdirSync(parent)).toEqual(['out']);
  });
  test('a target that cannot be written', async () => {
    const file = fresh();
    writeFileSync(file, '');
    const contents = { source: null, model: linear(), suffix: '', receipt: {} };
    await expect(writeFolder(join(file, 'x'), contents)).rejects.toMatchObject({ code: 'model/write' });
    symlinkSync(file, `${file}-link`);
    await expect(writeFolder(`${file}-link`, contents)).rejects.toMatchObject({ code: 'model/write' });
  });
});

test('names that transformers.js looks for', () => {
  expect(Object.values(dtypeSuffixes).map(variantFileName)).toEqual([
    'model.onnx',
    'model_fp16.onnx',
    'model_int8.onnx',
    'model_uint8.onnx',
    'model_quantized.onnx',
    'model_q4.onnx',
    'model_q4f16.onnx',
    'model_bnb4.onnx',
  ]);
  for (const bad of ['../x', 'a/b', 'A', 'x'.repeat(100)])
    expect(() => variantFileName(bad)).toThrow(expect.objectContaining({ code: 'model/suffix' }));
});
