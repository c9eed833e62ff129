import type { Searcher } from '../../contracts/index.ts';
import { grid } from './grid.ts';
import { halving } from './halving.ts';
import { nsga2 } from './nsga2.ts';
import { random } from './random.ts';
import { tpe } from './tpe.ts';

/** Every searcher that a scenario can name, the usual one first. */
export const searchers: readonly Searcher[] = [halving, grid, random, nsga2, tpe];

export { frontChances, type FrontMember } from './front-chance.ts';
export { finalists } from './finalists.ts';
export { gainOf, hypervolume, nondominated } from './hypervolume.ts';
export { allPoints, pointsOf, sizeOf, type SpaceSize } from './points.ts';
export { rankCorrelation, type RankCorrelation } from './rank-correlation.ts';
export { canonical, keyOf, shapeOf } from './shape.ts';
export { neighborsOf } from './vary.ts';
