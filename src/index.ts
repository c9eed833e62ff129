export * from './contracts/index.ts';
export { tune, type TuneResult, type TuneSettings } from './engine/tune.ts';
export { optimizeModel, type OptimizeResult, type OptimizeSettings } from './engine/optimize.ts';
export { inspectModel, type Inspection } from './engine/inspect.ts';
export { describeEvaluators } from './engine/measure/metrics.ts';
export { listScoreTasks, scoreFiles, type ScoreResult } from './engine/measure/score.ts';
export { describeTechniques } from './engine/build/techniques.ts';
export { reportOf, renderReport, writeReports } from './engine/report.ts';
export { scenarioJsonSchema } from './engine/scenario/json-schema.ts';
