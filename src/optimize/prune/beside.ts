import type { Context, Model } from '../../contracts/index.ts';
import { anatomyOf } from '../anatomy/index.ts';
import { configWith, shapeOf } from '../anatomy/config.ts';

/** The config.json of a pruned model, where it states sizes that are no longer true; sizes that differ from block to block stay as they were,
 *  since it has no place for them. Empty: nothing to change, or no transformer. */
export const besidePruned = async (model: Model, context: Context): Promise<ReadonlyMap<string, Uint8Array>> => {
  const anatomy = anatomyOf(model);
  if (!('blocks' in anatomy)) return new Map();
  const config = await context.companion('config.json');
  const changed = config === null ? null : configWith(config, shapeOf(anatomy));
  return changed === null ? new Map() : new Map([['config.json', changed]]);
};
