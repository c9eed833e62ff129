import { defaultSearch, type Chain, type Context, type Machine, type Model } from '../../contracts/index.ts';
import { makeSpace } from '../search/space.ts';

/** The chains that are known to pay for a model on a machine, without a search: from the least to the most invasive. Steps that would change
 *  nothing on this model are left out of them. Where there are examples to learn from and minutes to train, students are among them.
 *  Errors: `engine/empty-space`, `engine/cancelled`. */
export const defaultChains = async (
  model: Model,
  machine: Machine,
  context: Context,
  minutes: number | null = null,
): Promise<readonly Chain[]> => {
  const scenario = {
    session: {},
    must: [],
    prefer: ['latency-p50', 'size'],
    budget: { minutes: minutes ?? 0 },
    search: defaultSearch,
  };
  const { seeds, chainOf } = await makeSpace({ model, machine, context, scenario });
  return seeds.map(chainOf);
};
