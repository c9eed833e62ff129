export { attacks } from './attacks.ts';
export { attackAll, type Finds } from './campaign.ts';
export { attackedTexts, type AttackedText } from './examples.ts';
export { recipes } from './recipes/index.ts';
