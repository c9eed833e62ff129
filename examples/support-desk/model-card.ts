import { trainingCard, type CardWords, type TrainFacts } from '../../src/engine/train/train-card.ts';

/** What the numbers of the run cannot say. */
const words = (labels: number): CardWords => ({
  license: 'apache-2.0',
  language: 'en',
  title: `Support desk: which of ${labels} intents a customer message has`,
  about: `A small BERT-style encoder, trained from scratch by Steelyard on ONNX Runtime, on the synthetic messages in \`../data\`. It is the
baseline of the embedded example: small enough to train on two cores, and not perfect, so that an optimization can cost something.`,
  tests: `Training never sees the templates and part of the values of the test messages; \`uncommon\` has slang, office language and rare words.`,
  again: `\`npm run example:train\` makes the folder again; on another kind of processor the numbers differ in the last digits.`,
  limits: `Real customers: the messages are made from templates, and the errors of real ones look different. It knows English only, and answers one
of its ${labels} intents whatever the text says.`,
});

/** The model card of the example. */
export const modelCard = (facts: TrainFacts): string => trainingCard(facts, words(facts.labels.length));
