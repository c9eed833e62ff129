import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { deep, sampled } from '../../testing/deep.ts';
import { sharedOrSkip } from '../../testing/shared.ts';
import { ModelProtoSchema, TensorProtoSchema } from './generated/onnx_pb.ts';
import { checkModel, decode, decodeFile, decodeTensor, encode, encodeFile, encodeTensor } from './index.ts';
import { plainText } from './testing/plain.ts';

const filesOf = (folder: string, extension: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(extension))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();

const temporary = mkdtempSync(join(tmpdir(), 'steelyard-corpus-'));
afterAll(() => rmSync(temporary, { recursive: true }));

/** null, or what differs after decode → encode → decode. */
const lost = async (path: string): Promise<string | null> => {
  const bytes = readFileSync(path);
  const model = decode(bytes, dirname(path));
  const encoded = await encode(model);
  if (!isDeepStrictEqual(decode(encoded), model)) return 'the nouns';
  if (plainText(ModelProtoSchema, encoded) !== plainText(ModelProtoSchema, bytes)) return 'the protobuf fields';
  const fromFile = await decodeFile(path);
  if (!isDeepStrictEqual(decode(await encode(fromFile)), model)) return 'the nouns read by reference';
  return null;
};

/** Files of the corpora that are wrong, and how. */
const wrong: Record<string, string> = {
  // 256 bytes of data for float32[4, 12].
  'testdata/transform/fusion/embed_layer_norm_format5.onnx': 'model/data',
};
const checkedWrong: Record<string, string> = { 'testdata/mul_1.noopset.onnx': 'does not import' };

for (const name of ['conformance/onnx-backend-node-v1.22.0', 'conformance/onnxruntime-testdata-2020', 'models']) {
  const folder = sharedOrSkip(`round trips over ${name}`, ...name.split('/'));
  describe.skipIf(folder === null)(`every model of ${name}`, () => {
    const paths = folder === null ? [] : sampled(filesOf(folder, '.onnx'), name.includes('backend') ? 8 : 1);
    test('loses nothing on the way through the nouns', { timeout: 300_000 }, async () => {
      const problems: string[] = [];
      for (const path of paths) {
        const short = relative(folder!, path);
        if (wrong[short]) {
          await expect(decodeFile(path)).rejects.toMatchObject({ code: wrong[short] });
          continue;
        }
        const what = await lost(path);
        if (what !== null) problems.push(`${short}: ${what}`);
      }
      expect(problems).toEqual([]);
      expect(paths.length).toBeGreaterThan(10);
    });
    test('has no error that the checker sees', { timeout: 120_000 }, async () => {
      const problems: string[] = [];
      for (const path of paths) {
        const short = relative(folder!, path);
        if (wrong[short]) continue;
        const found = checkModel(await decodeFile(path)).find(({ severity }) => severity === 'error');
        if (checkedWrong[short]) expect(found?.what).toContain(checkedWrong[short]);
        else if (found) problems.push(`${short}: ${found.where}: ${found.what}`);
      }
      expect(problems).toEqual([]);
    });
  });
}

const backend = sharedOrSkip('round trips of test tensors', 'conformance', 'onnx-backend-node-v1.22.0');
test.skipIf(backend === null)('every test tensor survives', { timeout: 300_000 }, async () => {
  let tensors = 0;
  const problems: string[] = [];
  for (const path of sampled(filesOf(backend!, '.pb'), 8)) {
    const bytes = readFileSync(path);
    // The same file names are used for sequences and optionals, which are other messages.
    if (/sequence|_seq|_opt|optional/.test(path)) continue;
    const tensor = decodeTensor(bytes);
    const encoded = await encodeTensor(tensor, tensor.name);
    if (!isDeepStrictEqual(decodeTensor(encoded), tensor)) problems.push(`${path}: the noun`);
    if (plainText(TensorProtoSchema, encoded) !== plainText(TensorProtoSchema, bytes)) problems.push(path);
    tensors++;
  }
  expect(problems).toEqual([]);
  expect(tensors).toBeGreaterThan(deep ? 5000 : 500);
});

const models = sharedOrSkip('streamed round trips', 'models');
test.skipIf(models === null)(
  'streaming writes the same model, inside and beside the file',
  { timeout: 300_000 },
  async () => {
    for (const path of filesOf(models!, '.onnx')) {
      const expected = plainText(ModelProtoSchema, readFileSync(path));
      const model = await decodeFile(path);
      const target = join(temporary, 'model.onnx');
      for (const externalData of ['never', 'always'] as const) {
        await encodeFile(model, target, { externalData });
        const again = await decodeFile(target);
        expect(plainText(ModelProtoSchema, await encode(again)) === expected).toBe(true);
      }
    }
  },
);
