import { createContext } from '../../../engine/run/context.ts';
import { seeded } from '../../../statistics/index.ts';
import type { TrainingExample } from '../batches.ts';
import { train, type TrainResult, type TrainSettings } from '../train.ts';

/** Sequences of 4 to 9 tokens between [CLS] = 2 and [SEP] = 3, one of which is 5 or 6: the class says which.
 *  Only attention can find it. */
export const toyExamples = (count: number, label: string): TrainingExample[] => {
  const random = seeded(1, `toy ${label}`);
  return Array.from({ length: count }, () => {
    const words = Array.from({ length: 4 + random.integer(6) }, () => 7 + random.integer(9));
    const answer = random.integer(2);
    words[random.integer(words.length)] = 5 + answer;
    return { ids: [2, ...words, 3], label: answer };
  });
};

/** One layer of width 16: learns in seconds. */
export const toySettings: TrainSettings = {
  architecture: { layers: 1, width: 16, heads: 2, ffn: 32, vocabulary: 16, positions: 12, labels: 2 },
  train: toyExamples(480, 'train'),
  validation: toyExamples(120, 'validation'),
  epochs: 8,
  batchSize: 16,
  learningRate: 5e-3,
  warmUp: 0.1,
  schedule: 'cosine',
  dropout: 0.05,
  tokenDropout: 0,
  labelSmoothing: 0.05,
  weightDecay: 0.01,
  clip: 1,
  padToken: 0,
  unknownToken: 1,
  patience: 8,
  threads: 1,
  checkpointFolder: null,
};

/** Train the toy. Models and checkpoints of the run lie in `folder`. */
export const trainToy = (
  folder: string,
  changes: Partial<TrainSettings> = {},
  signal?: AbortSignal,
): Promise<TrainResult> => {
  const context = createContext({ seed: 3, workFolder: folder, ...(signal === undefined ? {} : { signal }) });
  return train({ ...toySettings, ...changes }, context);
};
