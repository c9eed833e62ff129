import type { Context, Learning, Model, Refusal, TechniqueResult } from '../../contracts/index.ts';
import { anatomyOf } from '../anatomy/index.ts';
import type { Anatomy } from '../anatomy/index.ts';
import type { Signature } from '../training/encoder.ts';
import { signatureOf } from './signature.ts';
import { withOutputs } from './teacher.ts';

/** What is known of a teacher from its graph. */
export interface Plan {
  readonly anatomy: Anatomy;
  readonly signature: Signature;
}

export const refuse = (reason: string): Refusal => ({ reason, nodes: [] });
/** Nothing was done, and why. */
export const unchanged = (model: Model, reason: string): TechniqueResult => ({
  model,
  changes: [],
  skipped: [refuse(reason)],
});

/** What a student needs to know of the graph, or why there is none. */
export const planOf = (model: Model): Plan | Refusal => {
  const anatomy = anatomyOf(model);
  if ('reason' in anatomy) return anatomy;
  if (anatomy.mapped)
    return refuse(
      'its token ids go through a list of other ids (trim/vocabulary in its remap form): make the student first, and trim its vocabulary afterwards',
    );
  const signature = signatureOf(model, anatomy.ids);
  return 'reason' in signature ? signature : { anatomy, signature };
};

/** Why these data cannot teach a student of this model, or null. */
export const dataFault = (learning: Learning, { anatomy, signature }: Plan): string | null => {
  const { text, labels, output } = learning;
  if (output !== signature.output.name)
    return `the scores of the data are named "${output}", and the model’s output is "${signature.output.name}"`;
  const { type } = signature.output;
  const declared = type?.kind === 'tensor' ? type.dims?.[1] : null;
  if (typeof declared === 'number' && declared !== labels.length)
    return `the data has ${labels.length} classes, and the model ${declared}`;
  const { word } = anatomy;
  if (word === null) return 'its word table is not a float32 table that token ids look up';
  return text !== null && text.vocabularySize > word.rows
    ? `the tokenizer gives ids up to ${text.vocabularySize - 1}, and the model’s word table has ${word.rows} rows: they do not belong together`
    : null;
};

/** The longest input in tokens. */
export const longest = ({ text, train, validation }: Learning): number =>
  text?.maxLength ??
  [train, validation].reduce((most, rows) => {
    for (let row = 0; row < rows.count; row++) most = Math.max(most, rows.length(row));
    return most;
  }, 1);

/** Classes that no training row has: only the teacher tells of them. */
export const warnOfMissing = ({ train, labels }: Learning, context: Context): void => {
  const present = new Set(Array.from({ length: train.count }, (_, row) => train.label(row)));
  if (present.has(null) && present.size === 1) return;
  const missing = labels.filter((_, at) => !present.has(at));
  if (missing.length > 0)
    context.log(
      'warn',
      `${missing.length} of ${labels.length} classes have no training example (${missing.slice(0, 3).join(', ')}${missing.length > 3 ? ', …' : ''}): the student learns of them from the teacher’s scores alone`,
    );
};

/** The position that the teacher gives to the first token: RoBERTa counts from 2. */
export const firstPosition = async (
  model: Model,
  { anatomy, signature }: Plan,
  learning: Learning,
  context: Context,
) => {
  const { position } = anatomy;
  if (position === null || signature.positions !== null || position.gather.op !== 'Gather') return 0;
  const index = position.gather.inputs[1]!;
  if (model.graph.initializers.has(index)) return 0;
  // Unoptimized: ONNX Runtime’s fusion of embeddings crashes where the positions are an output.
  const session = await context.open(withOutputs(model, [index]), { graphOptimization: 'disabled' });
  try {
    const { outputs } = await session.run(learning.train.feeds([0]), { fetch: [index] });
    const first = Number(outputs[index]!.data[0]);
    return Number.isInteger(first) && first >= 0 && first < position.rows ? first : 0;
  } finally {
    await session.close();
  }
};
