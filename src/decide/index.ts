export { confirm, decide, type Contender, type Decision } from './choose.ts';
export { expandGates, judge, verdictOf } from './gates.ts';
export { dominates, dominators, objectiveOf, type Objective } from './pareto.ts';
export { lookLevels, standing, type LookAt, type Standing } from './standing.ts';
export { againstOriginal, inUnit } from './words.ts';
export {
  allPoints,
  canonical,
  finalists,
  frontChances,
  gainOf,
  hypervolume,
  keyOf,
  neighborsOf,
  nondominated,
  pointsOf,
  rankCorrelation,
  searchers,
  shapeOf,
  sizeOf,
  type RankCorrelation,
  type SpaceSize,
} from './search/index.ts';
export { frontProbabilities, type Estimate } from './front.ts';
export { kneeOf } from './knee.ts';
