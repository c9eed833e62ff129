import { labelOf, type Draft } from '../model/graph/index.ts';
import { skipUnit, unitsOf, type Unit } from './quantize/blocks/targets.ts';

/** Why a unit's weight must stay as it is, or null. */
const whyShared = (draft: Draft, { linear, linears }: Unit): string | null => {
  const { weightName } = linear;
  const own = new Set(linears.map(({ node }) => node));
  if (draft.isOutput(weightName)) return 'its weight is an output of the model';
  if (draft.capturedBySubgraph(weightName)) return 'its weight is also used inside a body of If, Loop or Scan';
  const other = draft.consumers(weightName).find((node) => !own.has(node));
  if (other !== undefined) return `its weight is also used by ${labelOf(other)}`;
  if (linears.some(({ node }) => node.inputs.filter((name) => name === weightName).length > 1))
    return 'its weight is used twice by the same node';
  return null;
};

/** The matrices of the main graph that nothing but their own products use, so that they may be replaced; the others, and those in bodies of
 *  If, Loop and Scan, are skipped on the draft with their reason. A weight that several nodes multiply by in the same way is one unit.
 *  Reads no weights. */
export const soleUnits = (draft: Draft, exclude: readonly string[]): Unit[] =>
  unitsOf(draft, exclude).filter((unit) => {
    const why = draft.body ? 'it is inside a body of If, Loop or Scan' : whyShared(draft, unit);
    if (why !== null) skipUnit(draft, unit, why);
    return why === null;
  });
