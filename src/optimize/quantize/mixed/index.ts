export { distance, type Distance } from './agreement.ts';
export { applyBase, referenceOf, sensitivities, type Base, type Reference, type Sensitivity } from './sensitivity.ts';
export { smallestThat } from './walk.ts';
