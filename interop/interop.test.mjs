// Does what Steelyard writes give the same answers in transformers.js?
//   STEELYARD_MODEL        a model folder (Hugging Face layout); default: the embedded example's
//   STEELYARD_DTYPES       which versions, as transformers.js names them, comma apart; default: every one in the folder
//   STEELYARD_PREDICTIONS  Steelyard's answers as JSONL, `{dtype}` in the path stands for the version; default: asked of the built product now
//   STEELYARD_DATA         texts as JSONL with id and text; default: the example's test split
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { env } from 'node:process';
import { test } from 'node:test';
import { compare } from './compare.mjs';
import { readPredictions } from './lines.mjs';
import { classify, dtypesOf, modelFile, runtimes } from './transformers.mjs';

/** Largest difference of a probability. Both sides run the same ONNX Runtime on the same processor, one text a call;
 *  what is left is the order of additions when the number of threads differs, and float32 against float64 in softmax. */
const tolerance = 1e-4;
const rows = 200;

const root = resolve(import.meta.dirname, '..');
const data = resolve(env.STEELYARD_DATA ?? join(root, 'examples/support-desk/data/test.jsonl'));

const steelyard = async (folder, dtype) => {
  if (env.STEELYARD_PREDICTIONS)
    return readPredictions(env.STEELYARD_PREDICTIONS.replaceAll('{dtype}', dtype)).slice(0, rows);
  const { writePredictions } = await import('./predict.mjs');
  const work = mkdtempSync(join(tmpdir(), 'steelyard-interop-'));
  try {
    const out = join(work, 'predictions.jsonl');
    await writePredictions(folder, dtype, data, out, rows);
    return readPredictions(out);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
};

const check = async (t, folder, dtype) => {
  const expected = await steelyard(folder, dtype);
  const answers = await classify(
    folder,
    dtype,
    expected.map(({ text }) => text),
  );
  const { texts, worst, problems } = compare(expected, answers, tolerance);
  t.diagnostic(`${dtype}: ${texts} texts, largest difference of a score ${worst.toExponential(2)}`);
  assert.deepEqual(problems, []);
  // An answer that is the same for every text would agree with anything.
  assert.ok(new Set(answers.map(({ label }) => label)).size > 3, 'the model says the same about nearly every text');
};

test('both sides run the same ONNX Runtime', () => {
  const { here, product } = runtimes();
  assert.ok(here, 'run npm ci in interop/ first');
  assert.equal(here, product);
});

test('the comparison sees a different label, a different score and a missing answer', () => {
  const one = [{ id: 'a', label: 'refund', score: 0.9 }];
  assert.deepEqual(compare(one, [{ label: 'refund', score: 0.90005 }], tolerance).problems, []);
  assert.equal(compare(one, [{ label: 'return', score: 0.9 }], tolerance).problems.length, 1);
  assert.equal(compare(one, [{ label: 'refund', score: 0.9002 }], tolerance).problems.length, 1);
  assert.equal(compare(one, [{ label: 'refund', score: Number.NaN }], tolerance).problems.length, 1);
  assert.throws(() => compare(one, [], tolerance), /1 answers on one side, 0/);
});

const example = join(root, 'examples/support-desk/model');
const model = env.STEELYARD_MODEL ? resolve(env.STEELYARD_MODEL) : example;
if (env.STEELYARD_MODEL || existsSync(example)) {
  const dtypes = env.STEELYARD_DTYPES ? env.STEELYARD_DTYPES.split(',') : dtypesOf(model);
  test('the folder has a version that transformers.js finds', () => {
    assert.ok(dtypes.length > 0, `${model}/onnx holds no model file with a standard name`);
    for (const dtype of dtypes) assert.ok(existsSync(modelFile(model, dtype)), `${modelFile(model, dtype)} is missing`);
  });
  for (const dtype of dtypes) test(`${model}, ${dtype}: same answers`, (t) => check(t, model, dtype));
} else test('a tuned model', { skip: 'set STEELYARD_MODEL: the example has no model yet' }, () => {});

const shared = join(env.STEELYARD_SHARED ?? join(root, '../shared'), 'models/clinc150-bert');
test(
  'a model from elsewhere, untouched: same answers',
  { skip: existsSync(shared) ? false : `${shared} is not there` },
  (t) => check(t, shared, 'fp32'),
);
