import type { Scenario, Task } from '../../contracts/index.ts';
import { createTask } from '../../weigh/tasks/index.ts';
import type { Found } from './baseline.ts';

/** What the model declares, as a task reads it. */
export const signatureOf = ({ model: { graph } }: Found) => ({
  inputs: graph.inputs.filter(({ name }) => !graph.initializers.has(name)),
  outputs: graph.outputs,
});

/** Names for a head whose labels do not matter (comparing outputs only): those of config.json, or numbers. */
const anyLabels = ({ folder, model }: Found): readonly string[] => {
  const { config } = folder;
  const stated = typeof config === 'object' && config !== null && 'id2label' in config ? config.id2label : null;
  if (typeof stated === 'object' && stated !== null && Object.keys(stated).length >= 2)
    return Object.keys(stated)
      .toSorted((a, b) => Number(a) - Number(b))
      .map((key) => String((stated as Record<string, unknown>)[key]));
  const type = model.graph.outputs[0]?.type;
  const last = type?.kind === 'tensor' ? type.dims?.at(-1) : null;
  return Array.from({ length: typeof last === 'number' && last >= 2 ? last : 2 }, (_, index) => String(index));
};

/** The task of a scenario for a found model. Errors: `task/…`. */
export const makeTask = (scenario: Scenario, found: Found): Promise<Task> =>
  createTask(scenario.task, found.folder, signatureOf(found));

/** What a task is asked to be where no scenario says it. */
export const wantedOf = (id: Scenario['task']['id'], found: Found): Scenario['task'] => ({
  id,
  labels: anyLabels(found),
});

/** A task for feeding a model when no answers are judged. Errors: `task/…`. */
export const taskOf = ({ id }: Pick<Scenario['task'], 'id'>, found: Found): Promise<Task> =>
  createTask(wantedOf(id, found), found.folder, signatureOf(found));
