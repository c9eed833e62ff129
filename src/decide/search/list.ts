import type { Chain } from '../../contracts/index.ts';

/** A search asks for the next chain from what has been tried: a pure function of the history, so that a killed run goes on where it was. */
export interface Searcher {
  readonly id: string;
  /** The next chain to build and weigh, or null when the search is done. `history` holds the ids tried so far, in order. */
  next(history: readonly { readonly id: string }[]): Chain | null;
}

/** Try a given list in its order. */
export const listSearch = (chains: readonly Chain[]): Searcher => ({
  id: 'list',
  next: (history) => {
    const tried = new Set(history.map(({ id }) => id));
    return chains.find(({ id }) => !tried.has(id)) ?? null;
  },
});
