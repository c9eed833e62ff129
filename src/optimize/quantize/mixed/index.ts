export { withinBudget, type Budget } from './budget.ts';
export {
  distanceOf,
  referenceOf,
  sensitivities,
  type Leaving,
  type Reference,
  type Sensitivity,
  type Trial,
} from './sensitivity.ts';
export { smallestThat } from './walk.ts';
