/** Start work for the items, at most `ahead` of them at a time, and take the results in the order of the items.
 *  Errors: the first one of any callback; work that was started is awaited before it is thrown. */
export const inOrder = async <Item, Result>(
  items: readonly Item[],
  ahead: number,
  start: (item: Item) => Promise<Result> | Result,
  take: (result: Result, item: Item) => void | Promise<void>,
): Promise<void> => {
  const waiting: Promise<Result>[] = [];
  let taken = 0;
  const takeOne = async (): Promise<void> => {
    const result = await waiting.shift()!;
    await take(result, items[taken++]!);
  };
  try {
    for (const item of items) {
      if (waiting.length >= ahead) await takeOne();
      const started = (async () => start(item))();
      // Seen when its turn comes; until then it must not count as unhandled.
      started.catch(() => undefined);
      waiting.push(started);
    }
    while (waiting.length > 0) await takeOne();
  } catch (error) {
    await Promise.allSettled(waiting);
    throw error;
  }
};
