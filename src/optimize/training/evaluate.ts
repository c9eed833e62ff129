import type { LearningRows, Session } from '../../contracts/index.ts';
import { padded, type TrainingExample } from './batches.ts';

const batchSize = 64;

/** The class with the largest logit for each example, in their order. Shapes: the session's first output [batch, classes]. */
export const predict = async (
  session: Session,
  examples: readonly Pick<TrainingExample, 'ids'>[],
  pad: number,
): Promise<Int32Array> => {
  const order = examples.map((_, i) => i).sort((a, b) => examples[a]!.ids.length - examples[b]!.ids.length);
  const predicted = new Int32Array(examples.length);
  for (let at = 0; at < order.length; at += batchSize) {
    const places = order.slice(at, at + batchSize);
    const batch = places.map((place) => examples[place]!);
    const { outputs } = await session.run(padded(batch, pad));
    const logits = outputs[session.outputs[0]!.name]!;
    const classes = logits.dims[1]!;
    const data = logits.data as Float32Array;
    for (const [row, place] of places.entries()) {
      let best = 0;
      for (let i = 1; i < classes; i++) if (data[row * classes + i]! > data[row * classes + best]!) best = i;
      predicted[place] = best;
    }
  }
  return predicted;
};

/** Share of examples whose largest logit is the right class. */
export const accuracyOf = async (
  session: Session,
  examples: readonly TrainingExample[],
  pad: number,
): Promise<number> => {
  const predicted = await predict(session, examples, pad);
  return examples.filter(({ label }, i) => predicted[i] === label).length / examples.length;
};

/** Share of labelled rows whose largest score is the right class. Rows without a label do not count.
 *  Shapes: `output` is float32 [batch, classes]. NaN when no row has a label. */
export const accuracyOfRows = async (session: Session, output: string, rows: LearningRows): Promise<number> => {
  const order = Array.from({ length: rows.count }, (_, row) => row)
    .filter((row) => rows.label(row) !== null)
    .sort((a, b) => rows.length(a) - rows.length(b));
  let right = 0;
  for (let at = 0; at < order.length; at += batchSize) {
    const picked = order.slice(at, at + batchSize);
    const { outputs } = await session.run(rows.feeds(picked), { fetch: [output] });
    const { data, dims } = outputs[output]!;
    const scores = data as Float32Array;
    const classes = dims[1]!;
    for (const [i, row] of picked.entries()) {
      let best = 0;
      for (let c = 1; c < classes; c++) if (scores[i * classes + c]! > scores[i * classes + best]!) best = c;
      if (best === rows.label(row)) right++;
    }
  }
  return right / order.length;
};
