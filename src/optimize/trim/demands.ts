import type { Refusal } from '../../contracts/index.ts';
import type { Draft } from '../../model/graph/index.ts';
import { demandOf, type Comparison } from './carriers.ts';
import { findOutputLayers, type OutputLayers } from './output-layers.ts';
import type { Tables } from './tables.ts';

const quantizedFirst = 'trim the vocabulary before quantizing, or use form remap';

/** What ids that change ask of the graph. */
export interface Demands {
  readonly comparisons: readonly Comparison[];
  readonly layers: OutputLayers;
}

/** What must change with the ids besides the tables, or why it cannot. `labels`: classes of the model's scores, which are no tokens.
 *  Reads no weights. */
export const demandsOf = (draft: Draft, tables: Tables, labels: number | null): Demands | Refusal => {
  const comparisons: Comparison[] = [];
  for (const { uses, escape } of tables.inputs.values()) {
    if (escape !== null) return escape;
    for (const use of uses) {
      if (tables.lookups.some(({ node, at }) => node === use.node && at === use.at)) continue;
      const demand = demandOf(draft, use);
      if (demand === null) continue;
      if ('reason' in demand) return demand;
      comparisons.push(demand);
    }
  }
  const layers = findOutputLayers(draft, tables, labels !== tables.rows);
  if (!('reason' in layers)) return { comparisons, layers };
  const packed = tables.cuts.some(({ name }) => !draft.constant(name)!.dtype.startsWith('float'));
  return packed ? { ...layers, reason: `${layers.reason}; ${quantizedFirst}` } : layers;
};
