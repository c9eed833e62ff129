import { layers } from './layers.ts';
import { structured } from './structured.ts';
import { twoFour } from './two-four.ts';
import { unstructured } from './unstructured.ts';

/** Fewer weights. */
export const pruneTechniques = [structured, layers, unstructured, twoFour] as const;
