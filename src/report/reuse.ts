import type { StoreRecord } from '../contracts/index.ts';

const nouns = new Map<StoreRecord['kind'], readonly [one: string, many: string]>([
  ['build', ['build', 'builds']],
  ['step', ['beginning of a chain', 'beginnings of chains']],
  ['predict', ['set of answers', 'sets of answers']],
  ['measure', ['measurement', 'measurements']],
]);

/** What a run took from the cache of earlier runs: "12 of 20 builds, 3 of 9 measurements"; null: nothing. A record that was
 *  written again under the same key counts once. */
export const reuseText = (records: Iterable<Pick<StoreRecord, 'kind' | 'key' | 'cached'>>): string | null => {
  const seen = new Map<StoreRecord['kind'], Map<string, boolean>>();
  for (const { kind, key, cached } of records) {
    if (!nouns.has(kind)) continue;
    const ofKind = seen.get(kind) ?? new Map<string, boolean>();
    seen.set(kind, ofKind.set(key, cached === true));
  }
  const parts: string[] = [];
  for (const [kind, [one, many]] of nouns) {
    const all = [...(seen.get(kind)?.values() ?? [])];
    const taken = all.filter((cached) => cached).length;
    if (taken > 0) parts.push(`${taken} of ${all.length} ${all.length === 1 ? one : many}`);
  }
  return parts.length === 0 ? null : parts.join(', ');
};
