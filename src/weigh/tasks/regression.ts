import type { Task, ValueInfo } from '../../contracts/index.ts';
import { fingerprintOf } from './fingerprint.ts';
import { judgeNumbers } from './judging/index.ts';
import { readScores } from './scores.ts';
import { tensorRows } from './tensor-rows.ts';
import type { TextTaskParts } from './text-reader.ts';
import { textRows, wholeText } from './text-rows.ts';

const numberOf = (output: string): Pick<Task, 'answers' | 'labels' | 'decode' | 'answer' | 'judging'> => ({
  answers: 'number',
  labels: [],
  decode: (result, count) => readScores(result, output, count, 1),
  answer: (_, [row]) => ({ numbers: row! }),
  judging: judgeNumbers,
});

/** Text or pair in, one number out. Shapes: output [rows, 1] or [rows]. Errors: those of text classification. */
export const textRegression = (parts: Omit<TextTaskParts, 'labels'>): Task => {
  const { tokenizer, output } = parts;
  const { reader, text, bucket, encode } = textRows(parts, 'text-regression', wholeText(parts));
  return {
    id: 'text-regression',
    ...numberOf(output),
    fingerprint: fingerprintOf([
      'text-regression',
      1,
      tokenizer.digest,
      reader.maxLength,
      output,
      reader.slots,
      tokenizer.padId,
      tokenizer.padLeft,
    ]),
    bucket: bucket!,
    text,
    encode,
  };
};

/** Tensors in, one number out. Shapes: output [rows, 1] or [rows]. Errors: those of tensor classification. */
export const tensorRegression = (inputs: readonly ValueInfo[], output: string): Task => {
  const { slots, bucket, encode } = tensorRows(inputs, 'tensor-regression');
  return {
    id: 'tensor-regression',
    ...numberOf(output),
    fingerprint: fingerprintOf(['tensor-regression', 1, output, slots]),
    bucket,
    encode,
  };
};
