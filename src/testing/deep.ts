/** Whether this is the thorough run (`npm run test:deep`), which takes as long as it needs. */
export const deep: boolean = process.env['STEELYARD_DEEP'] === '1';

/** All items in the thorough run, else every n-th. */
export const sampled = <T>(items: readonly T[], every: number): readonly T[] =>
  deep ? items : items.filter((_, index) => index % every === 0);
