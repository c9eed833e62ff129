export { confirm, decide, type Contender, type Decision } from './choose.ts';
export { expandGates, judge, verdictOf } from './gates.ts';
export { dominates, dominators, objectiveOf, type Objective } from './pareto.ts';
export { listSearch, type Searcher } from './search/list.ts';
export { lookLevels, standing, type LookAt, type Standing } from './standing.ts';
export { againstOriginal, inUnit } from './words.ts';
