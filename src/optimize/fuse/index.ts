import { constantFolding } from './constant-folding.ts';
import { deduplicate } from './deduplicate.ts';
import { dropIdentity } from './drop-identity.ts';

/** The same answers from a smaller graph. */
export const fuseTechniques = [constantFolding, dropIdentity, deduplicate] as const;
