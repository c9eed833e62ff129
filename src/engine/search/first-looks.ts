/** Seconds that a look is taken to need while nothing is known: building a version and running it on a few rows. */
const unknownLook = 15;

/** How many looks may begin together before any look has told what one takes; afterwards the searcher's own account bounds a batch.
 *  At least one, as nothing else would tell. Units: seconds. */
export const firstLooks = (seconds: number): number => Math.max(1, Math.floor(seconds / unknownLook));
