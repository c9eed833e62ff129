import type { Progress } from '../../contracts/index.ts';
import { elementCount } from '../../model/tensor/index.ts';
import { fineTune } from '../../optimize/training/index.ts';
import { SteelyardError } from '../../contracts/index.ts';
import { findModel, locateModel } from '../run/baseline.ts';
import { learningOf } from '../run/learning.ts';
import { createTask } from '../../weigh/tasks/index.ts';
import { signatureOf } from '../run/task.ts';
import { loadTraining } from './train-data.ts';
import type { Prepared } from './train-prepared.ts';
import type { TrainPlan } from './train-config.ts';

/** A given model to train further. Errors: `model/…`, `data/…`, `task/…`. */
export const fromModel = async (
  plan: TrainPlan,
  reference: string,
  folder: string,
  progress: (progress: Progress) => void,
): Promise<Prepared> => {
  const found = await findModel(await locateModel(reference, folder, progress));
  const task = await createTask(plan.task, found.folder, signatureOf(found));
  const data = await loadTraining(plan, folder, task);
  const learning = learningOf(task, data.train, data.validation);
  if (learning === null)
    throw new SteelyardError('training/output', 'the model states no output with scores', 'name it: task.output');
  return {
    task,
    data,
    shape: null,
    source: found.folder,
    replaced: new Map(),
    identity: { model: found.digest, task: task.fingerprint },
    async run(settings, context) {
      const result = await fineTune(
        found.model,
        learning,
        { ...plan.settings, ...settings, key: found.digest },
        context,
      );
      const { model, bestEpoch, score, history, stopped, trained } = result;
      const weights = trained.reduce((sum, name) => sum + elementCount(model.graph.initializers.get(name)!.dims), 0);
      return { model, bestEpoch, score, history, stopped, weights };
    },
  };
};
