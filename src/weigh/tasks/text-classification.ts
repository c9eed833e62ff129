import type { Task } from '../../contracts/index.ts';
import { fingerprintOf } from './fingerprint.ts';
import { readScores } from './scores.ts';
import type { TextTaskParts } from './text-reader.ts';
import { textRows, wholeText } from './text-rows.ts';

export type { TextTaskParts } from './text-reader.ts';

/** Text in, one row of scores out. Shapes: feeds [examples, tokens], padded to the longest of the batch (or to the model's fixed length).
 *  Only the inputs that the model declares are fed, in their declared dtype. Errors: `task/input`, `task/tokenizer`, `task/output`, `task/not-finite`. */
export const textClassification = (parts: TextTaskParts): Task => {
  const { tokenizer, labels, output } = parts;
  const { reader, text, bucket, encode } = textRows(parts, 'text-classification', wholeText(parts));
  return {
    id: 'text-classification',
    labels,
    fingerprint: fingerprintOf([
      'text-classification',
      1,
      tokenizer.digest,
      labels,
      reader.maxLength,
      output,
      reader.slots,
      tokenizer.padId,
      tokenizer.padLeft,
    ]),
    bucket: bucket!,
    output,
    text,
    encode,
    decode: (result, count) => readScores(result, output, count, labels.length),
  };
};
