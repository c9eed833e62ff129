import type { Chain, Space, Tried } from '../../contracts/index.ts';
import type { ChainSpace } from './chain-space.ts';

const beginning = ({ steps }: Chain, count: number): string => JSON.stringify(steps.slice(0, count));

/** A space without what earlier trials have shown to be refused: chains that begin with the steps of one which a technique refused. The answer
 *  is a function of the trials; it is the same object as long as nothing more was learned, so that what is known of a space stays known. */
export const narrowing = ({ space, chainOf }: Pick<ChainSpace, 'space' | 'chainOf'>) => {
  let narrowed = space;
  let learned = 0;
  return (trials: readonly (Pick<Tried, 'outcome'> & { readonly chain: Chain })[]): Space => {
    const refused = new Map<string, string>();
    const lengths = new Set<number>();
    for (const { chain, outcome } of trials) {
      if (outcome.kind !== 'failed' || outcome.steps === undefined) continue;
      refused.set(beginning(chain, outcome.steps), outcome.reason);
      lengths.add(outcome.steps);
    }
    if (refused.size === learned) return narrowed;
    learned = refused.size;
    narrowed = {
      dimensions: space.dimensions,
      excluded(point) {
        const known = space.excluded(point);
        if (known !== null) return known;
        const chain = chainOf(point);
        for (const count of lengths) {
          const reason = chain.steps.length < count ? undefined : refused.get(beginning(chain, count));
          if (reason !== undefined) return reason;
        }
        return null;
      },
    };
    return narrowed;
  };
};
