import { ridge } from './ridge.ts';

/** Back towards the original after a cut. */
export const recoverTechniques = [ridge] as const;
