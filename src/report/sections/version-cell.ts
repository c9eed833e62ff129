import type { Cell } from '../blocks.ts';
import type { Version } from '../view.ts';

/** A version's name with its letter in the plot. */
export const versionCell = (version: Version): Cell => ({
  kind: 'text',
  text: version.role === 'baseline' ? 'original (baseline)' : version.id,
  ...(version.tag === '' ? {} : { tag: version.tag }),
  ...(version.role === 'chosen' ? { strong: true } : {}),
});
