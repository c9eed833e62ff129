import { isSteelyardError, type Store, type StoreRecord } from '../../contracts/index.ts';
import { appendNewest } from '../run/append.ts';

/** Kinds of records that only the machine that a run decides for can make. */
const ofMachine: readonly StoreRecord['kind'][] = ['predict', 'measure', 'receipt', 'sensitivity'];

/** Bring the looks of a search that are only there here, in their order: what the history is, a search reads as a whole. The run was killed
 *  between saying a look there and here, or goes on without its folder. Everything else is looked for by its key. */
export const catchUp = async (here: Store, there: Store): Promise<void> => {
  for await (const record of there.records())
    if (record.kind === 'trial' && (await here.find(record.key)) === null) await here.append(record);
};

/** A store in two places: a run's own folder, and one that others write into as well. What is asked for is looked for here, then there, and
 *  what was found there is here from then on: the folder holds the whole run in the end, and can be read, chosen from and resumed without
 *  the others.
 *  `elsewhere`: the run decides for another machine, so that nothing that depends on it may be found out here; the error says so. */
export const mirrored = (here: Store, there: Store, elsewhere: (() => Error) | null): Store => ({
  async append(record) {
    if (elsewhere !== null && ofMachine.includes(record.kind)) throw elsewhere();
    // Who ran it, where its files lie: nobody else's business.
    // A choice is made again by whoever needs it, from what is there already: where it is the newest anyway it is not said twice.
    if (record.kind === 'choice') await appendNewest(there, record);
    else if (record.kind !== 'run') await there.append(record);
    await here.append(record);
  },
  records: () => here.records(),
  async find(key, named) {
    const own = await here.find(key, named);
    if (own !== null) return own;
    const found = await there.find(key);
    if (found === null) return null;
    const record = named === undefined ? found : named(found);
    await here.append(record);
    return record;
  },
  async put(source) {
    await there.put(source);
    return here.put(source);
  },
  async path(digest) {
    try {
      return await here.path(digest);
    } catch (error) {
      if (!isSteelyardError(error) || error.code !== 'store/missing') throw error;
      await here.put({ path: await there.path(digest), still: true });
      return here.path(digest);
    }
  },
  drop: (digest) => here.drop(digest),
  async close() {
    await there.close();
    await here.close();
  },
});
