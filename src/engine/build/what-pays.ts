import type { Chain, Machine } from '../../contracts/index.ts';
import { techniques } from '../../optimize/index.ts';
import { techniqueOf } from './techniques.ts';
import { defaultChains } from './candidates.ts';
import { buildCandidates, timeCandidates, type LeftOut, type Timed } from './fastest.ts';
import { neededInputs } from '../run/inputs.ts';
import { withModel, type OneModel, type OneModelSettings } from './one-model.ts';

/** What one version of the model is worth on this machine. */
export interface Worth {
  readonly id: string;
  readonly sizeBytes: number;
  /** ‖y − y′‖₂ / ‖y‖₂ on the inputs. */
  readonly relativeError: number;
  /** Rows a call → its time over the original's, with a 95 % interval; below 1 is faster. */
  readonly ratios: readonly {
    readonly rows: number;
    readonly value: number;
    readonly low: number;
    readonly high: number;
  }[];
}

export interface WhatPays {
  readonly machine: Machine;
  readonly model: { readonly source: string; readonly sizeBytes: number; readonly parameters: number };
  readonly comparedOn: string;
  readonly worth: readonly Worth[];
  readonly leftOut: readonly { readonly id: string; readonly reason: string }[];
  readonly caveats: readonly string[];
}

export interface WhatPaysSettings extends OneModelSettings {
  /** Only techniques whose id starts like this. */
  readonly only?: string | undefined;
  /** Rows a call to time. */
  readonly rows: readonly number[];
  /** Seconds of timing for each number of rows, all versions together. */
  readonly seconds: number;
}

/** Every technique by itself with its defaults, then the chains that `tune` would try. */
const versionsToTry = (tuned: readonly Chain[], only: string | undefined): readonly Chain[] => {
  const alone = techniques.map(({ id }): Chain => ({ id, steps: [{ technique: id, options: {} }], session: {} }));
  const known = new Set(alone.map(({ id }) => id));
  const chosen = [...alone, ...tuned.filter(({ id }) => !known.has(id))].filter(
    ({ steps }) => only === undefined || steps.some(({ technique }) => technique.startsWith(only)),
  );
  if (chosen.length === 0) techniqueOf(only ?? '');
  return chosen;
};

/** What each technique is worth for one model on this machine: built, compared with the original on real inputs, and timed against it in
 *  interleaved rounds. Techniques that do not apply are named with their reason.
 *  Errors: `usage/technique` when no id starts with `only`; `model/…`, `data/…`, `engine/inputs` when there is nothing to run on, `engine/cancelled`. */
export const whatPays = async (settings: WhatPaysSettings): Promise<WhatPays> => {
  const measure = async ({ found, inputs, context, machine, store, workFolder }: OneModel): Promise<WhatPays> => {
    const leftOut: LeftOut[] = [];
    const chains = versionsToTry(await defaultChains(found.model, machine, context), settings.only);
    const common = {
      modelPath: found.folder.modelPath,
      modelBytes: found.sizeBytes,
      chains,
      maxError: Number.POSITIVE_INFINITY,
      seconds: settings.seconds,
      session: {},
      store,
      workFolder,
    };
    const candidates = await buildCandidates({ ...common, inputs: inputs.feeds }, leftOut, context);
    const caveats = new Set(inputs.notes);
    const worth = new Map<string, Worth>();
    let sizes = 0;
    for (const rows of settings.rows) {
      const batches = inputs.batches(rows);
      if (batches.length === 0) {
        caveats.add(`not timed with ${rows} rows a call: there are too few inputs, or the model fixes another number`);
        continue;
      }
      const { timed, caveat } = await timeCandidates({ ...common, inputs: batches }, candidates, leftOut, context);
      sizes++;
      if (caveat !== null) caveats.add(`${rows} rows a call: ${caveat}`);
      for (const one of timed) worth.set(one.chain.id, merged(worth.get(one.chain.id), one, rows));
    }
    return {
      machine,
      model: { source: settings.model, sizeBytes: found.sizeBytes, parameters: found.parameters },
      comparedOn: inputs.source,
      // Who failed at one number of rows is among those left out, with the reason: a row of the table is whole.
      worth: chains.flatMap(({ id }) => worth.get(id) ?? []).filter(({ ratios }) => ratios.length === sizes),
      leftOut: leftOut.map(({ chain, reason }) => ({ id: chain.id, reason })),
      caveats: [...caveats],
    };
  };
  return withModel(settings, measure, neededInputs);
};

const merged = (before: Worth | undefined, { chain, sizeBytes, relativeError, ratio }: Timed, rows: number): Worth => ({
  id: chain.id,
  sizeBytes,
  relativeError,
  ratios: [...(before?.ratios ?? []), { rows, ...ratio }],
});
