// Writes Steelyard's answers: node interop/predict.mjs <model folder> <dtype> <data.jsonl> <out.jsonl> [rows]
// Needs the built product (npm run build). The format is described in lines.mjs.
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv } from 'node:process';
import { findModel } from '../dist/src/engine/run/baseline.js';
import { createContext } from '../dist/src/engine/run/context.js';
import { taskOf } from '../dist/src/engine/run/task.js';
import { predict } from '../dist/src/weigh/tasks/index.js';
import { readLines } from './lines.mjs';
import { modelFile } from './transformers.mjs';

const softmax = (row) => {
  const top = Math.max(...row);
  const powers = Array.from(row, (value) => Math.exp(value - top));
  const sum = powers.reduce((all, one) => all + one, 0);
  return powers.map((one) => one / sum);
};

/** Steelyard's answers to texts, each text alone in its call. */
export const answers = async (folder, dtype, texts) => {
  const workFolder = await mkdtemp(join(tmpdir(), 'steelyard-interop-'));
  try {
    const context = createContext({ seed: 1, workFolder });
    const found = await findModel(modelFile(folder, dtype));
    const task = await taskOf({ id: 'text-classification' }, found);
    const session = await context.open(found.folder.modelPath);
    try {
      const examples = texts.map((text, at) => ({ id: String(at), text, label: null, groups: {} }));
      const { labels, predicted, scores } = await predict(task, session, examples, { batchSize: 1, context });
      return Array.from(predicted, (best, at) => ({
        label: labels[best],
        score: softmax(scores.subarray(at * labels.length, (at + 1) * labels.length))[best],
      }));
    } finally {
      await session.close();
    }
  } finally {
    await rm(workFolder, { recursive: true, force: true });
  }
};

/** Write the first `rows` texts of a data file with Steelyard's answers. */
export const writePredictions = async (folder, dtype, data, out, rows = 200) => {
  const asked = readLines(data).slice(0, rows);
  const found = await answers(
    folder,
    dtype,
    asked.map(({ text }) => text),
  );
  const lines = asked.map(({ id, text }, at) => `${JSON.stringify({ id, text, ...found[at] })}\n`);
  writeFileSync(out, lines.join(''));
};

if (argv[1] === import.meta.filename) {
  const [folder, dtype, data, out, rows] = argv.slice(2);
  if (!out) throw new Error('usage: node interop/predict.mjs <model folder> <dtype> <data.jsonl> <out.jsonl> [rows]');
  await writePredictions(folder, dtype, data, out, rows === undefined ? 200 : Number(rows));
}
