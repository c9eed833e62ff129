import type { Store } from '../contracts/index.ts';

/** Where artifacts lie: bytes by their digest. Putting the same bytes again changes nothing, so every step may be repeated.
 *  `put` is durable when its promise resolves. `path` gives a readable file, compared with its digest at its first use in a process.
 *  `drop` is for places that serve one run: shared ones keep everything.
 *  Errors: `store/missing`, `store/corrupt`, `store/read-only`, `store/no-space`. */
export type Artifacts = Pick<Store, 'put' | 'path' | 'drop'>;
