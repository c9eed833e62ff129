import { positions } from './positions.ts';
import { vocabulary } from './vocabulary.ts';

/** The same network with smaller tables. */
export const trimTechniques = [vocabulary, positions] as const;
