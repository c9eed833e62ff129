import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { sharedOrSkip } from '../testing/shared.ts';
import { openFolder } from './folder.ts';

const root = mkdtempSync(join(tmpdir(), 'steelyard-folder-'));
afterAll(() => rmSync(root, { recursive: true }));
let count = 0;
/** A folder with these files in it. */
const lay = (files: Record<string, string>): string => {
  const at = join(root, String(count++));
  mkdirSync(at);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(at, name)), { recursive: true });
    writeFileSync(join(at, name), text);
  }
  return at;
};
const fault = (code: string, message: RegExp) => ({ code: `model/${code}`, message: expect.stringMatching(message) });

describe('the Hugging Face layout', () => {
  const layout = {
    'config.json': '{"id2label": {"0": "yes"}}',
    'tokenizer.json': '{}',
    'tokenizer_config.json': '{}',
    'README.md': '# card',
    '1_Pooling/config.json': '{}',
    '.gitattributes': '',
    'onnx/model.onnx': '',
    'onnx/model.onnx_data': '',
    'onnx/model_quantized.onnx': '',
    'out/steelyard.json': '{}',
    'out/config.json': '{}',
    'model.safetensors': '',
    'pytorch_model.bin': '',
  };
  test('model, description and companions are found; weights in other forms are not companions', async () => {
    const at = lay(layout);
    expect(await openFolder(at)).toEqual({
      root: at,
      modelPath: join(at, 'onnx/model.onnx'),
      otherModels: [join(at, 'onnx/model_quantized.onnx')],
      config: { id2label: { 0: 'yes' } },
      tokenizerPath: join(at, 'tokenizer.json'),
      tokenizerConfigPath: join(at, 'tokenizer_config.json'),
      sidecar: null,
      sidecarPath: null,
      companions: ['1_Pooling/config.json', 'README.md', 'config.json', 'tokenizer.json', 'tokenizer_config.json'],
      notes: [
        expect.stringContaining('onnx/model.onnx is taken; to use another, give its path (onnx/model_quantized.onnx)'),
      ],
    });
  });
  test('a variant given by its path belongs to the same folder', async () => {
    const at = lay(layout);
    const found = await openFolder(join(at, 'onnx/model_quantized.onnx'));
    expect([found.root, found.modelPath, found.tokenizerPath]).toEqual([
      at,
      join(at, 'onnx/model_quantized.onnx'),
      join(at, 'tokenizer.json'),
    ]);
    expect(found.notes).toEqual([]);
  });
  test('model.onnx may lie in the folder itself, or be the only one of any name', async () => {
    expect((await openFolder(lay({ 'model.onnx': '', 'other.onnx': '' }))).modelPath).toMatch(/model\.onnx$/);
    expect((await openFolder(lay({ 'net.onnx': '' }))).modelPath).toMatch(/net\.onnx$/);
  });
  test('companions do not reach outside of the folder, but into the blobs of a Hugging Face cache', async () => {
    const secret = join(lay({ 'secret.txt': 'x' }), 'secret.txt');
    const cache = lay({ 'blobs/abc': '{}', 'snapshots/r/model.onnx': '' });
    const at = join(cache, 'snapshots', 'r');
    symlinkSync('../../blobs/abc', join(at, 'config.json'));
    symlinkSync(secret, join(at, 'notes.txt'));
    const found = await openFolder(at);
    expect(found.companions).toEqual(['config.json']);
    expect(found.notes).toEqual([expect.stringContaining('notes.txt')]);
  });
});

describe('a bare file', () => {
  test('with a sidecar', async () => {
    const at = lay({
      'net.onnx': '',
      'net.steelyard.yaml': 'task: tensor-classification\nlabels: [a, no]\n',
      'junk.txt': '',
    });
    const found = await openFolder(join(at, 'net.onnx'));
    expect(found.sidecar).toEqual({ task: 'tensor-classification', labels: ['a', 'no'] });
    expect([found.sidecarPath, found.companions, found.config]).toEqual([join(at, 'net.steelyard.yaml'), [], null]);
    const json = lay({ 'net.onnx': '', 'net.onnx.steelyard.json': '{"labels": ["a"]}' });
    expect((await openFolder(json)).sidecar).toEqual({ labels: ['a'] });
  });
});

describe('faults say what is there and what to do', () => {
  test('nothing there, no model inside, several models', async () => {
    await expect(openFolder(join(root, 'none'))).rejects.toMatchObject(fault('not-found', /no such file or folder/));
    await expect(openFolder(lay({}))).rejects.toMatchObject(fault('none', /found: nothing/));
    const torch = { 'config.json': '{}', 'model.safetensors': '' };
    await expect(openFolder(lay(torch))).rejects.toMatchObject({
      ...fault('none', /config\.json, model\.safetensors/),
      hint: expect.stringContaining('export it first'),
    });
    await expect(openFolder(lay({ 'a.onnx': '', 'onnx/b.onnx': '' }))).rejects.toMatchObject({
      ...fault('ambiguous', /a\.onnx, onnx\/b\.onnx/),
      hint: expect.stringContaining('give the path of one'),
    });
  });
  test('descriptions that cannot be parsed, or are two', async () => {
    await expect(openFolder(lay({ 'model.onnx': '', 'config.json': '{' }))).rejects.toMatchObject(
      fault('config', /config\.json/),
    );
    await expect(openFolder(lay({ 'model.onnx': '', 'model.steelyard.yaml': 'a: [1' }))).rejects.toMatchObject(
      fault('config', /no valid YAML/),
    );
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefghij'].map((key, index) => `${key}: &${key} [${`*${'abcdefghij'[index]},`.repeat(9)}]`).join('\n')}\n`;
    await expect(openFolder(lay({ 'model.onnx': '', 'model.steelyard.yaml': bomb }))).rejects.toMatchObject(
      fault('config', /alias/),
    );
    await expect(
      openFolder(lay({ 'model.onnx': '', 'model.steelyard.yaml': '', 'model.steelyard.json': '{}' })),
    ).rejects.toMatchObject(fault('ambiguous', /several files describe it/));
  });
});

const bert = sharedOrSkip('opening a real folder', 'models', 'clinc150-bert');
test.skipIf(bert === null)('a real folder', async () => {
  const found = await openFolder(bert!);
  expect(found.modelPath).toBe(join(bert!, 'onnx', 'model.onnx'));
  expect(found.companions).toContain('config.json');
  expect(found.notes).toHaveLength(1);
});
