import { labelOf, type Draft } from '../../../model/graph/index.ts';
import { isLinear, linearOf, matches, type Linear } from '../../linear.ts';

/** A weight in one layout and all the nodes that use it so: it is quantized once. */
export interface Unit {
  readonly linears: readonly Linear[];
  /** The first of them, for the weight itself. */
  readonly linear: Linear;
  /** Their distinct inputs. */
  readonly inputs: readonly string[];
}

/** The matrices of one graph that can be quantized in blocks; nodes that cannot are skipped on the draft with their reason.
 *  Reads no weights. */
export const unitsOf = (draft: Draft, exclude: readonly string[]): Unit[] => {
  const found = new Map<string, Linear[]>();
  for (const node of draft.nodes()) {
    if (!isLinear(node)) continue;
    if (matches(node, exclude)) {
      draft.skip(node, 'excluded by the exclude option');
      continue;
    }
    const linear = linearOf(node, (name) => draft.constant(name) ?? draft.captured(name));
    if (typeof linear === 'string') draft.skip(node, linear);
    else if (linear.batch.length > 0)
      draft.skip(node, `the weight has ${linear.weight.dims.length} dimensions, expected 2`);
    else if (!Number.isFinite(linear.alpha)) draft.skip(node, `its alpha is ${linear.alpha}`);
    else {
      const key = `${linear.weightName}|${linear.transB}|${linear.alpha}`;
      const known = found.get(key);
      if (known === undefined) found.set(key, [linear]);
      else known.push(linear);
    }
  }
  return [...found.values()].map((linears) => ({
    linears,
    linear: linears[0]!,
    inputs: [...new Set(linears.map(({ input }) => input))],
  }));
};

/** Units that must be scaled together, because an input or a weight ties them. */
export interface Group {
  readonly inputs: readonly string[];
  readonly units: readonly Unit[];
}

/** Units with a common input belong together (query, key and value), and so do the inputs of a weight that is used twice.
 *  In the order of their first unit. */
export const groupsOf = (units: readonly Unit[]): Group[] => {
  const groupOf = new Map<string, { inputs: string[]; units: Unit[] }>();
  const groups = new Set<{ inputs: string[]; units: Unit[] }>();
  for (const unit of units) {
    const own = { inputs: [...unit.inputs], units: [unit] };
    for (const other of new Set(unit.inputs.flatMap((input) => groupOf.get(input) ?? []))) {
      own.inputs = [...new Set([...other.inputs, ...own.inputs])];
      own.units = [...other.units, ...own.units];
      groups.delete(other);
    }
    groups.add(own);
    for (const input of own.inputs) groupOf.set(input, own);
  }
  return [...groups];
};

/** Skip all nodes of a unit for one reason. */
export const skipUnit = (draft: Draft, unit: Unit, reason: string): void => {
  for (const { node } of unit.linears) draft.skip(node, reason);
};

/** How progress names a unit. */
export const unitLabel = ({ linear }: Unit): string => labelOf(linear.node);
