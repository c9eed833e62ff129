export { createTask, type TaskFiles, type TaskSignature } from './create.ts';
export { checkLabels, suspectSwap, type SuspectedSwap } from './labels.ts';
export { argmax, predict, type PredictOptions } from './predict.ts';
