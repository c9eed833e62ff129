import { cascade } from './cascade.ts';
import { early } from './early.ts';

/** Easy rows take the short way. */
export const exitTechniques = [cascade, early] as const;
