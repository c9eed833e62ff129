import type { Technique } from '../contracts/index.ts';
import { convertTechniques } from './convert/index.ts';
import { fuseTechniques } from './fuse/index.ts';
import { quantizeTechniques } from './quantize/index.ts';

/** Every technique. A new one is appended here, and is then in the command line, the search, the documentation and the
 *  conformance suite. */
export const techniques: readonly Technique[] = [...convertTechniques, ...fuseTechniques, ...quantizeTechniques];
