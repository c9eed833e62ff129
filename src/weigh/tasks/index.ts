export { bucketsOf } from './buckets.ts';
export { createTask, type TaskFiles, type TaskSignature } from './create.ts';
export { checkExamples, checkLabels, suspectSwap, type SuspectedSwap } from './labels.ts';
export { answerMetrics } from './judging/index.ts';
export { argmax, predict, type PredictOptions } from './predict.ts';
