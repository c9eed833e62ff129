import type { Context, TechniqueResult } from '../../contracts/index.ts';
import { cutAll, note, report, restated, sizes, type Case } from './case.ts';
import { mapConstant } from './constant-ids.ts';
import type { Demands } from './demands.ts';
import { rewriteBeside } from './tokenizer/beside.ts';
import { rewriteTokenizerFile, type TokenizerFile } from './tokenizer/file.ts';

/** Tables, output layers, comparisons and the files beside the model with new ids, in the old order.
 *  Shapes: `kept` are the old ids that stay, ascending. Errors: `engine/cancelled`; those of reading. */
export const rewriteIds = async (
  one: Case,
  tokenizer: TokenizerFile,
  demands: Demands,
  kept: readonly number[],
  context: Context,
): Promise<TechniqueResult> => {
  const { draft, tables } = one;
  const { rows } = tables;
  const ids = new Map(kept.map((id, at) => [id, at]));
  // Tokens that were added to the tokenizer but never to the table keep their order behind it.
  for (const id of [...tokenizer.added.keys()].filter((id) => id >= rows).toSorted((a, b) => a - b))
    ids.set(id, ids.size);
  const { before, after } = await cutAll(draft, [...tables.cuts, ...demands.layers.cuts], kept, context);
  for (const { node, at } of demands.comparisons) {
    const current = draft.current(node)!;
    const name = current.inputs[at]!;
    const mapped = await mapConstant(draft.constant(name)!, ids, context);
    const inputs = current.inputs.map((input, place) =>
      place === at ? draft.addInitializer(`${name}_kept`, mapped) : input,
    );
    draft.replace(current, [{ ...current, inputs }], 'compares with the new id');
  }
  note(one, `${sizes(kept.length, rows, before, after)}; tokenizer.json follows`);
  report(one, new Set(kept), true);
  const stale = new Set(
    draft.nodes().flatMap((node) => (node.inputs.some((name) => tables.values.has(name)) ? node.outputs : [])),
  );
  for (const { node } of tables.lookups) for (const output of node.outputs) stale.delete(output);
  const beside = await rewriteBeside(context, tokenizer.model, ids, rows, kept.length);
  const result = draft.done();
  return {
    model: restated(result.model, demands.layers.scores, new Set([...stale, ...tables.values.keys()]), kept.length),
    changes: result.changes,
    skipped: [
      ...result.skipped,
      ...beside.sealed.map((name) => ({
        reason: `${name} still has the old vocabulary: only readers of tokenizer.json see the new one`,
        nodes: [],
      })),
    ],
    companions: new Map([['tokenizer.json', rewriteTokenizerFile(tokenizer, ids)], ...beside.files]),
  };
};
