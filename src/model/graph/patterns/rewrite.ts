import { unreachable } from '../../../contracts/index.ts';
import type { Node } from '../../../contracts/index.ts';
import { labelOf } from '../attributes.ts';
import type { Draft, NodeInit } from '../edit.ts';
import { matchAt } from './match.ts';
import type { Match, Miss, Shape } from './types.ts';

/** New nodes for the match's place, producing every used output of its root; a reason why not; or null to leave it in silence. */
export type Build = (
  match: Match,
  draft: Draft,
) => readonly NodeInit[] | string | null | Promise<readonly NodeInit[] | string | null>;

export interface Rewrite {
  readonly shape: Shape;
  /** What a Change says: "Gelu of Erf". */
  readonly what: string;
  readonly build: Build;
}

/** Rewrites that build on each other (Gelu, then Gelu with bias) need a pass each; this many at most. */
const mostPasses = 32;

const rootOps = ({ root }: Shape): readonly string[] =>
  (root.kind === 'oneOf' ? root.of : [root]).flatMap((one) => (one.kind === 'op' ? one.ops : []));

/** Replace every match of these patterns by what `build` makes, until none is left. Last nodes come first, so the longest match
 *  wins; the rewrites are tried in their order. Matches that overlap one already replaced are looked at again on what is left.
 *  Near misses become skips, once per place and reason, as do the reasons that `build` gives. Answers the number of rewrites.
 *  Errors: what `build` throws; `signal` cancels between places. */
export const rewrite = async (draft: Draft, rewrites: readonly Rewrite[], signal?: AbortSignal): Promise<number> => {
  const byOp = new Map<string, Rewrite[]>();
  for (const one of rewrites) {
    for (const name of new Set(rootOps(one.shape))) byOp.set(name, [...(byOp.get(name) ?? []), one]);
  }
  let total = 0;
  for (let pass = 0; ; pass++) {
    if (pass === mostPasses) return unreachable('rewrites that build on each other without end');
    const reasons = new Map<string, { readonly node: Node; readonly reason: string }>();
    const tell = (node: Node, reason: string): void => {
      const key = `${labelOf(node)} ${reason}`;
      if (!reasons.has(key)) reasons.set(key, { node, reason });
    };
    let count = 0;
    for (const original of draft.nodes().toReversed()) {
      signal?.throwIfAborted();
      const candidates = byOp.get(original.domain === '' ? original.op : `${original.domain}.${original.op}`);
      const node = candidates && draft.current(original);
      if (!candidates || !node || !node.outputs.some(draft.isUsed)) continue;
      let nearest: { readonly miss: Miss; readonly shape: Shape } | null = null;
      for (const { shape, what, build } of candidates) {
        const outcome = matchAt(draft, shape, node);
        if (outcome.kind === 'miss') {
          const { miss } = outcome;
          if (miss.depth >= shape.near && miss.depth > (nearest?.miss.depth ?? 0)) nearest = { miss, shape };
          continue;
        }
        const made = await build(outcome.match, draft);
        if (typeof made === 'string') tell(node, `${shape.name}: ${made}`);
        if (typeof made === 'string' || made === null) continue;
        nearest = null;
        draft.replace(node, made, what, outcome.match.nodes.slice(1));
        count++;
        break;
      }
      if (nearest) tell(nearest.miss.node, `${nearest.shape.name}: ${nearest.miss.reason}`);
    }
    total += count;
    if (count > 0) continue;
    for (const { node, reason } of reasons.values()) draft.skip(node, reason);
    return total;
  }
};
