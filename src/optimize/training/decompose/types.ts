import type { Backward } from '../types.ts';

/** What a decomposition sees of the node that it takes apart. */
export type Place = Pick<
  Backward,
  | 'node'
  | 'to'
  | 'input'
  | 'dims'
  | 'rank'
  | 'dtype'
  | 'integers'
  | 'constant'
  | 'maker'
  | 'number'
  | 'scalar'
  | 'refuse'
>;

/** Writes plainer operators that compute what the node does; answers a value for each of its outputs, '' for those that it does not make.
 *  It may throw `training/unsupported`. */
export type Decomposition = (at: Place) => readonly string[];
