import type { Ask, SearchProblem, Searcher, Tried } from '../../../contracts/index.ts';
import { parseOptions } from '../../../contracts/index.ts';
import type { Landscape } from './landscape.ts';

/** What a searcher does in a landscape until it is done: as many trials at once as the problem allows; of those going on the shortest ends first.
 *  `most`: stop after so many trials. */
export const explore = (
  searcher: Searcher,
  problem: SearchProblem,
  look: Landscape['look'],
  {
    options = {},
    most = 100_000,
  }: { readonly options?: Readonly<Record<string, unknown>>; readonly most?: number } = {},
): Tried[] => {
  const parsed = parseOptions(searcher.id, searcher.options, options);
  const history: Tried[] = [];
  const running: { readonly tried: Tried; readonly ends: number }[] = [];
  let clock = 0;
  while (history.length < most) {
    const pending: Ask[] = running.map(({ tried: { point, rung } }) => ({ point, rung }));
    for (const ask of searcher.ask(problem, parsed, history, pending)) {
      const tried = { ...ask, ...look(ask) };
      running.push({ tried, ends: clock + tried.seconds });
    }
    if (running.length === 0) break;
    running.sort((a, b) => a.ends - b.ends);
    const first = running.shift()!;
    clock = first.ends;
    history.push(first.tried);
  }
  return history;
};
