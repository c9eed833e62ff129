import type { Block } from '../blocks.ts';

/** The report as JSON: the same blocks, numbers with their raw values. Infinities, which JSON does not have, become "Infinity".
 *  Ends with a newline. */
export const toJson = (blocks: readonly Block[]): string =>
  `${JSON.stringify(
    { report: 1, blocks },
    (_key, value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value),
    2,
  )}\n`;
