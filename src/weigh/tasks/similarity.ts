import { SteelyardError, type Example, type Task, type TaskSettings } from '../../contracts/index.ts';
import { embeddings, likeness } from './embedding.ts';
import { fingerprintOf } from './fingerprint.ts';
import { judgeLikeness, judgeRetrieval } from './judging/index.ts';
import type { TextTaskParts } from './text-reader.ts';
import { textRows } from './text-rows.ts';
import type { Encoded } from './tokenizer.ts';

type Parts = Omit<TextTaskParts, 'labels'>;

const textOf = (id: string, text: string | undefined): string => {
  if (text === undefined)
    throw new SteelyardError('task/input', `example ${id} has no text`, 'map the columns: data.columns.text and pair');
  return text;
};

/** What both tasks of embeddings share: rows of single texts become vectors. */
const embedder = (
  parts: Parts,
  id: 'sentence-similarity' | 'retrieval',
  settings: TaskSettings,
  make: (example: Example, maxLength: number) => readonly Encoded[],
) => {
  const { pooling = 'mean', similarity = 'cosine', prefix = '', documentPrefix = '' } = settings;
  const { tokenizer, output } = parts;
  const all = textRows(parts, id, make);
  const { reader, text, bucket, encode } = all;
  const task = {
    labels: [],
    fingerprint: fingerprintOf([
      id,
      1,
      tokenizer.digest,
      reader.maxLength,
      output,
      reader.slots,
      tokenizer.padId,
      tokenizer.padLeft,
      pooling,
      similarity,
      prefix,
      documentPrefix,
    ]),
    bucket: bucket!,
    text,
    encode,
    decode: (result, _, examples) => embeddings(result, output, examples.flatMap(all.rows), reader, pooling),
  } satisfies Partial<Task>;
  return { task, similarity };
};

/** Two texts in, how alike their embeddings are out; each text is one row of the model.
 *  Shapes: output [rows, size] or [rows, tokens, size]. Errors: `task/input`, `task/output`, `task/not-finite`. */
export const sentenceSimilarity = (parts: Parts, settings: TaskSettings = {}): Task => {
  const { prefix = '' } = settings;
  const halves = new WeakMap<Example, readonly Example[]>();
  const partsOf = (example: Example): readonly Example[] => {
    const before = halves.get(example);
    if (before !== undefined) return before;
    const made = [textOf(example.id, example.text), textOf(example.id, example.pair)].map((text, at): Example => ({
      id: `${example.id} (text ${at + 1})`,
      text,
      label: null,
      groups: {},
    }));
    halves.set(example, made);
    return made;
  };
  const one = ({ id, text }: Example, maxLength: number): Encoded =>
    parts.tokenizer.encode(prefix + textOf(id, text), undefined, maxLength);
  const { task, similarity } = embedder(parts, 'sentence-similarity', settings, (example, maxLength) =>
    (example.pair === undefined ? [example] : partsOf(example)).map((half) => one(half, maxLength)),
  );
  return {
    id: 'sentence-similarity',
    answers: 'number',
    ...task,
    parts: partsOf,
    answer: (_, [first, second]) => ({ numbers: Float32Array.of(likeness(first!, second!, similarity)) }),
    judging: judgeLikeness,
  };
};

/** Queries and documents in, an embedding for each out; judged by what queries find among the documents.
 *  Shapes: output [rows, size] or [rows, tokens, size]. Errors: `task/input`, `task/output`, `task/not-finite`. */
export const retrieval = (parts: Parts, settings: TaskSettings = {}): Task => {
  const { prefix = '', documentPrefix = '', k = 10 } = settings;
  const { task, similarity } = embedder(parts, 'retrieval', settings, ({ id, text, document }, maxLength) => [
    parts.tokenizer.encode((document === true ? documentPrefix : prefix) + textOf(id, text), undefined, maxLength),
  ]);
  return {
    id: 'retrieval',
    answers: 'vector',
    ...task,
    fingerprint: fingerprintOf([task.fingerprint, k]),
    answer: (_, [vector]) => ({ numbers: vector! }),
    judging: judgeRetrieval(k, similarity),
  };
};
