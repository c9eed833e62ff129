import { SteelyardError, type Example, type Task, type TaskSettings } from '../../contracts/index.ts';
import { fingerprintOf } from './fingerprint.ts';
import { judgeTags } from './judging/index.ts';
import { argmax } from './predict.ts';
import { readRows } from './scores.ts';
import type { TextTaskParts } from './text-reader.ts';
import { textRows } from './text-rows.ts';
import type { Encoded } from './tokenizer.ts';

/** A sentence in tokens, and where each word's first token stands; −1 for a word that was cut or that has no token. */
interface Sentence extends Encoded {
  readonly firsts: readonly number[];
}

const none = new Float32Array(0);

/** Words in, a tag per word out: that of the word's first token. Words without one (cut, or of no known characters) are outside of everything.
 *  Shapes: output [rows, tokens, tags]. Errors: `task/input`, `task/output`, `task/not-finite`. */
export const tokenClassification = (parts: TextTaskParts, { scheme = 'lenient' }: TaskSettings = {}): Task => {
  const { tokenizer, labels, output } = parts;
  const outside = labels.includes('O') ? 'O' : labels[0]!;
  const sentences = new WeakMap<Example, Sentence>();
  const read = (example: Example, maxLength: number): readonly Sentence[] => {
    if (example.words === undefined)
      throw new SteelyardError(
        'task/input',
        `example ${example.id} has no words`,
        'map the column: data.columns.tokens',
      );
    const room = maxLength - tokenizer.specials(false);
    const all: number[] = [];
    const firsts = example.words.map((word) => {
      const { ids } = tokenizer.splitWord(word);
      const first = ids.length === 0 || all.length >= room ? -1 : all.length;
      if (all.length < room) all.push(...ids);
      return first;
    });
    const { ids, types, starts } = tokenizer.assemble(all.slice(0, room));
    const sentence = {
      ids,
      types,
      truncated:
        all.length > room ||
        firsts.some((first, word) => first < 0 && all.length >= room && example.words![word] !== ''),
      firsts: firsts.map((first) => (first < 0 ? -1 : first + starts[0])),
    };
    sentences.set(example, sentence);
    return [sentence];
  };
  const { reader, rows, text, bucket, encode } = textRows(parts, 'token-classification', read);
  return {
    id: 'token-classification',
    answers: 'tags',
    labels,
    fingerprint: fingerprintOf([
      'token-classification',
      1,
      tokenizer.digest,
      labels,
      reader.maxLength,
      output,
      reader.slots,
      tokenizer.padId,
      tokenizer.padLeft,
      scheme,
    ]),
    bucket: bucket!,
    text,
    encode,
    decode(result, count) {
      const { dims, data } = readRows(result, output, count, {
        axes: [3],
        what: `one row of ${labels.length} scores per token`,
      });
      if (dims[2] !== labels.length)
        throw new SteelyardError(
          'task/head',
          `output "${output}" gives ${dims[2]} scores per token, but ${labels.length} tags are named`,
          'name every tag of the model, in the order of its head',
        );
      return data;
    },
    answer(example, [scores]) {
      rows(example);
      const sentence = sentences.get(example)!;
      const start = reader.start(sentence, scores!.length / labels.length);
      return {
        numbers: none,
        answer: sentence.firsts.map((first) =>
          first < 0 ? outside : labels[argmax(scores!, (start + first) * labels.length, labels.length)]!,
        ),
      };
    },
    judging: judgeTags(labels, scheme),
  };
};
