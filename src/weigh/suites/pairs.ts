import { SteelyardError } from '../../contracts/index.ts';
import type { GoldRow } from './types.ts';

/** Join the rows of a set of minimal pairs: a pair is two rows that follow each other and have the same hypothesis.
 *  Errors: `score/pairs` when a row has no partner, or there is none at all; a number without pairs would mean nothing.
 *  Source: SuperGLUE's diagnostic set on gender; Rudinger et al. 2018. */
export const pairClusters = (rows: readonly GoldRow[], path: string): readonly GoldRow[] => {
  const joined: GoldRow[] = [];
  for (let at = 0; at < rows.length; at += 2) {
    const [first, second] = [rows[at]!, rows[at + 1]];
    if (second === undefined || first.fields['hypothesis'] !== second.fields['hypothesis'])
      throw new SteelyardError(
        'score/pairs',
        `${path}: row ${first.id} has no partner: the row after it has ${second === undefined ? 'ended the file' : 'another hypothesis'}`,
        'keep all rows in their order: pairs are two rows that follow each other with the same hypothesis',
      );
    const cluster = String(at / 2);
    joined.push({ ...first, cluster }, { ...second, cluster });
  }
  if (joined.length === 0) throw new SteelyardError('score/pairs', `${path}: no pairs`, 'give the whole file');
  return joined;
};
