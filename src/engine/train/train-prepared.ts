import type { Context, Model, Task } from '../../contracts/index.ts';
import type { ModelFolder } from '../../model/folder.ts';
import type { EpochResult, LearnResult } from '../../optimize/training/index.ts';
import type { Shape } from './train-config.ts';
import type { TrainData } from './train-data.ts';

/** What both kinds of training come down to. */
export interface Prepared {
  readonly task: Task;
  readonly data: TrainData;
  /** null: a given model is trained further. */
  readonly shape: Shape | null;
  /** Where companion files come from. */
  readonly source: ModelFolder | null;
  readonly replaced: ReadonlyMap<string, Uint8Array>;
  /** What tells this training from others, beside the plan and the data. */
  readonly identity: Readonly<Record<string, unknown>>;
  run(
    settings: { readonly checkpointFolder: string; readonly onEpoch: (result: EpochResult) => void },
    context: Context,
  ): Promise<Omit<LearnResult, 'weights'> & { readonly model: Model; readonly weights: number }>;
}
