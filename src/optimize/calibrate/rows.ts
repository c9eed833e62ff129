import type { Feeds } from '../../contracts/index.ts';

/** Whether a batch says anything: not all of its lists are empty. Single numbers do not count. */
export const hasRows = (feeds: Feeds): boolean => {
  const lists = Object.values(feeds).filter(({ dims }) => dims.length > 0);
  return lists.length === 0 || lists.some(({ data }) => data.length > 0);
};

/** The batches that have rows. */
export const withRows = async function* (batches: AsyncIterable<Feeds>): AsyncIterable<Feeds> {
  for await (const feeds of batches) if (hasRows(feeds)) yield feeds;
};
