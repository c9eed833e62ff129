export { aggregate, type SuiteScore } from './aggregate.ts';
export { readAnswers } from './answers.ts';
export { suiteExamples } from './examples.ts';
export { filesIn, findAnswers, findGold, isFolder } from './find.ts';
export { readGold } from './gold.ts';
export {
  scoreTask,
  type Scored,
  type ScoredMetric,
  type ScoreValue,
  type SuiteFlips,
  type TaskScore,
} from './measure.ts';
export { suiteMetrics, type Sheet } from './metrics.ts';
export { normalizeAnswer } from './squad.ts';
export { findTasks, suites, suiteTasks, type Suite } from './tasks.ts';
export type * from './types.ts';
