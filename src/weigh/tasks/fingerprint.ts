import { createHash } from 'node:crypto';

/** sha256 over everything that may change a task's answers. */
export const fingerprintOf = (parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex');
