import { expect, test } from 'vitest';
import { trainingCard, type TrainFacts } from './train-card.ts';
import { parseTraining } from './train-config.ts';

const plan = parseTraining('t.yaml', 'architecture: { layers: 2, width: 16, heads: 2 }\ndata: { train: a.jsonl }\n');
const epoch = { reported: {}, learningRate: 0, seconds: 1, examplesPerSecond: 1, tokensPerSecond: 1 };
const facts: TrainFacts = {
  name: 'mail',
  labels: ['ham', 'spam'],
  shape: plan.start.kind === 'scratch' ? plan.start.shape : null,
  inputs: ['input_ids', 'attention_mask'],
  output: 'logits',
  settings: plan.settings,
  seed: 4,
  weights: 12345,
  accuracy: { validation: 0.9, test: 0.5 },
  counts: { train: 1000, validation: 100, test: 10 },
  history: [
    { ...epoch, epoch: 1, loss: 0.5, score: 0.8 },
    { ...epoch, epoch: 2, loss: 0.25, score: 0.9 },
  ],
  bestEpoch: 2,
  stopped: 'epochs',
};

test('a card says what was trained, how, and how right it is, with intervals', () => {
  const card = trainingCard(facts);
  expect(card).toContain('# mail: which of 2 classes a text belongs to');
  expect(card).toContain(
    '2 layers, width 16, 2 heads, feed-forward 64, 8,000 WordPiece tokens, 128 positions; 12,345 weights',
  );
  // Wilson's interval of 5 of 10: 0.2366 to 0.7634.
  expect(card).toContain('| test | 10 | 50.0 % | 23.7 to 76.3 % |');
  expect(card).toContain('| 2 | 0.250 | 90.0 % |');
  expect(card).toContain('Of 2 epochs (at most 15) epoch 2 was the best on validation.');
  expect(card).toContain('Classes: `ham`, `spam`');
  expect(card).not.toContain('license');
});

test('the author’s words stand where they belong, and a model trained further is called so', () => {
  const words = {
    title: 'Mail',
    license: 'mit',
    language: 'en',
    about: 'About.',
    tests: 'T.',
    again: 'Again.',
    limits: 'None.',
  };
  const card = trainingCard({ ...facts, shape: null, bestEpoch: 0, stopped: 'seconds' }, words);
  expect(card).toMatch(/^---\nlicense: mit\nlanguage: en\n/);
  for (const text of [
    '# Mail\n\nAbout.',
    'T.\nThe epoch',
    'Again.',
    '## What it is not for\n\nNone.',
    'weights were trained further',
  ])
    expect(card).toContain(text);
  expect(card).toContain('(at most 15; the time was over) none was better than the model as it was');
});
