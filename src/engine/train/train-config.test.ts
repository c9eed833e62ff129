import { expect, test } from 'vitest';
import { parseTraining } from './train-config.ts';

const scratch = 'architecture: { layers: 2, width: 16, heads: 2 }\ndata: { train: a.jsonl }\n';

test('an encoder from scratch, with what is usual where nothing is said', () => {
  const plan = parseTraining('t.yaml', scratch);
  expect(plan.start).toEqual({
    kind: 'scratch',
    shape: {
      layers: 2,
      width: 16,
      heads: 2,
      ffn: 64,
      positions: 128,
      vocabularySize: 8000,
      vocabularyKind: 'wordpiece',
    },
  });
  expect(plan.settings).toMatchObject({ epochs: 15, batchSize: 32, learningRate: 5e-4, threads: 1, seconds: null });
  expect(plan.data).toEqual({
    train: { path: 'a.jsonl', columns: { groups: [] } },
    validation: null,
    tests: new Map(),
  });
});

test('a model to train further, with every key', () => {
  const plan = parseTraining(
    't.yaml',
    `name: more
model: m/
task: { type: tensor-classification, labels: [a, b], max-length: 9, output: y }
data:
  columns: { label: l }
  train: a.npz
  validation: { path: b.npz, limit: 10 }
  tests: { test: c.npz }
settings:
  { epochs: 2, batch-size: 4, learning-rate: 1e-3, warm-up: 0, schedule: cosine, weight-decay: 0, clip: 2, accumulate: 3, averaging: 0.99,
    label-smoothing: 0.2, dropout: 0, token-dropout: 0.1, patience: 0, threads: 2, freeze: { weights: ['a*'], embeddings: true, blocks: 1 } }
budget: { minutes: 2 }
seed: 9
`,
  );
  expect(plan).toEqual({
    name: 'more',
    start: { kind: 'model', reference: 'm/' },
    task: { id: 'tensor-classification', labels: ['a', 'b'], maxLength: 9, output: 'y' },
    data: {
      train: { path: 'a.npz', columns: { label: 'l', groups: [] } },
      validation: { path: 'b.npz', columns: { label: 'l', groups: [] }, limit: 10 },
      tests: new Map([['test', { path: 'c.npz', columns: { label: 'l', groups: [] } }]]),
    },
    settings: {
      epochs: 2,
      batchSize: 4,
      learningRate: 1e-3,
      warmUp: 0,
      schedule: 'cosine',
      weightDecay: 0,
      clip: 2,
      accumulate: 3,
      averaging: 0.99,
      labelSmoothing: 0.2,
      dropout: 0,
      tokenDropout: 0.1,
      patience: 0,
      threads: 2,
      seconds: 120,
      freeze: { names: ['a*'], embeddings: true, blocks: 1 },
    },
    seed: 9,
  });
});

test.each([
  ['neither model nor architecture', 'data: { train: a.jsonl }\n'],
  ['both given', `${scratch}model: m\n`],
  ['t.yaml:3:1: unknown key "setings" in the file; did you mean "settings"?', `${scratch}setings: {}\n`],
  ['t.yaml:1:35: architecture.width', 'architecture: { layers: 2, width: -1, heads: 2 }\ndata: { train: a }\n'],
  ['settings.dropout', `${scratch}settings: { dropout: 1 }\n`],
  ['settings.freeze needs a model', `${scratch}settings: { freeze: { embeddings: true } }\n`],
  ['task.type is tensor-classification', `${scratch}task: { type: tensor-classification }\n`],
  ['architecture.vocabulary.kind', scratch.replace('heads: 2', 'heads: 2, vocabulary: { kind: unigram }')],
])('refused with a place: %s', (message, text) => {
  expect(() => parseTraining('t.yaml', text)).toThrowError(
    expect.objectContaining({ code: 'training/config', message: expect.stringContaining(message) }),
  );
});

test('broken YAML is said with its line', () => {
  expect(() => parseTraining('t.yaml', 'data: [')).toThrowError(expect.objectContaining({ code: 'scenario/yaml' }));
});
