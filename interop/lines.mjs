import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';

const limitBytes = 64 * 1024 * 1024;

/** The objects of a JSONL file, with the line number in every complaint. */
export const readLines = (path) => {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    if (size > limitBytes) throw new Error(`${path} has ${size} bytes, more than the ${limitBytes} this check reads`);
    return readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line, at) => {
        if (line.trim() === '') return [];
        try {
          return [JSON.parse(line)];
        } catch (error) {
          throw new Error(`${path}, line ${at + 1}: not JSON: ${error.message}`);
        }
      });
  } finally {
    closeSync(file);
  }
};

/** Predictions as Steelyard writes them, one object a line:
 *  `id` and `text` of the input, the winning `label`, and its `score`, the softmax probability of that label.
 *  Each text alone in its call: what is quantized at run time depends on the other texts of a batch. */
export const readPredictions = (path) => {
  const rows = readLines(path);
  if (rows.length === 0) throw new Error(`${path} has no predictions`);
  rows.forEach(({ id, text, label, score }, at) => {
    const sound =
      typeof id === 'string' &&
      typeof text === 'string' &&
      typeof label === 'string' &&
      typeof score === 'number' &&
      score > 0 &&
      score <= 1 + 1e-6;
    if (!sound)
      throw new Error(`${path}, prediction ${at + 1}: expected id, text, label and a score over 0 and up to 1`);
  });
  return rows;
};
