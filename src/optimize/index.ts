import type { Technique } from '../contracts/index.ts';
import { convertTechniques } from './convert/index.ts';
import { distillTechniques } from './distill/index.ts';
import { exitTechniques } from './exit/index.ts';
import { factorizeTechniques } from './factorize/index.ts';
import { fuseTechniques } from './fuse/index.ts';
import { pruneTechniques } from './prune/index.ts';
import { quantizeTechniques } from './quantize/index.ts';
import { recoverTechniques } from './recover/index.ts';
import { trimTechniques } from './trim/index.ts';

export { orderFault } from './order.ts';

/** Every technique. A new one is appended here, and is then in the command line, the search, the documentation and the
 *  conformance suite. */
export const techniques: readonly Technique[] = [
  ...convertTechniques,
  ...fuseTechniques,
  ...trimTechniques,
  ...distillTechniques,
  ...pruneTechniques,
  ...factorizeTechniques,
  ...recoverTechniques,
  ...quantizeTechniques,
  ...exitTechniques,
];
