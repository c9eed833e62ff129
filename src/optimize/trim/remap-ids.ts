import type { Context, TechniqueResult } from '../../contracts/index.ts';
import { int } from '../../model/graph/index.ts';
import { inline } from '../linear.ts';
import { cutAll, note, report, restated, sizes, type Case } from './case.ts';
import { meanRow } from './cut.ts';

/** A map from ids to rows in front of each lookup. Ids whose rows are gone read the row of the unknown token, or the mean of what is
 *  gone.
 *  Shapes: `kept` are the ids whose rows stay, ascending. Errors: `engine/cancelled`; those of reading. */
export const remapIds = async (
  one: Case,
  kept: readonly number[],
  unknown: number | null,
  context: Context,
): Promise<TechniqueResult> => {
  const { draft, tables } = one;
  const { rows } = tables;
  const places = new Map(kept.map((id, at) => [id, at]));
  const gone = Array.from({ length: rows }, (_, id) => id).filter((id) => !places.has(id));
  const ownRow = unknown === null || !places.has(unknown);
  const fallback = ownRow ? kept.length : places.get(unknown)!;
  const count = kept.length + (ownRow ? 1 : 0);
  const short = count <= 65_536;
  const table = Array.from({ length: rows }, (_, id) => places.get(id) ?? fallback);
  const { before, after } = await cutAll(draft, tables.cuts, kept, context, async (name) =>
    ownRow ? meanRow(draft.constant(name)!, gone, context) : null,
  );
  const map = draft.addInitializer(
    'token_rows',
    inline(short ? 'uint16' : 'int32', [rows], short ? Uint16Array.from(table) : Int32Array.from(table)),
  );
  const mapped = new Map<string, string>();
  for (const { node, at, indices } of tables.lookups) {
    const current = draft.current(node)!;
    let name = mapped.get(indices);
    if (name === undefined) {
      const found = draft.fresh(`${indices}_rows`);
      name = short ? draft.fresh(`${indices}_row`) : found;
      draft.insert([{ op: 'Gather', inputs: [map, indices], outputs: [found], attributes: { axis: int(0) } }]);
      if (short) draft.insert([{ op: 'Cast', inputs: [found], outputs: [name], attributes: { to: int(6) } }]);
      mapped.set(indices, name);
    }
    const inputs = current.inputs.map((input, place) => (place === at ? name : input));
    draft.replace(current, [{ ...current, inputs }], 'looks up rows through a map of the ids');
  }
  const others = ownRow ? 'read the mean of the rows that are gone' : 'read the row of the unknown token';
  note(
    one,
    `${sizes(kept.length, rows, before, after + rows * (short ? 2 : 4))}, map included; ids stay as they are, and other ids ${others}`,
  );
  report(one, new Set(kept), false);
  const result = draft.done();
  return { ...result, model: restated(result.model, new Set(), new Set(tables.values.keys()), kept.length) };
};
