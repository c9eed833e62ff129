import { SteelyardError, type Example } from '../../contracts/index.ts';
import type { GoldRow, SuiteTask, SuiteText } from './types.ts';

const fill = (task: SuiteTask, template: string, { id, fields }: GoldRow): string =>
  template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = fields[name];
    if (value !== undefined) return String(value);
    throw new SteelyardError(
      'score/template',
      `${task.id}: the template names {${name}}, which row ${id} does not have; fields: ${Object.keys(fields).join(', ')}`,
    );
  });

/** A task's rows as examples for models of single texts or pairs: labels by name, and what belongs together as the group `question`,
 *  `passage` or `pair`. `text` replaces the task's own templates. Errors: `score/no-text` for tasks that need another kind of model,
 *  `score/template`. */
export const suiteExamples = (task: SuiteTask, rows: readonly GoldRow[], text?: SuiteText): readonly Example[] => {
  const templates = text ?? task.text;
  if (templates === null || task.answer !== 'class')
    throw new SteelyardError(
      'score/no-text',
      `${task.id} needs ${task.needs ?? 'another kind of model'}: a classifier of texts cannot answer it`,
      'score its answers from a file: steelyard score',
    );
  return rows.map((row) => ({
    id: row.id,
    text: fill(task, templates.text, row),
    ...(templates.pair === undefined ? {} : { pair: fill(task, templates.pair, row) }),
    label: task.labels[row.label!] ?? null,
    groups: task.cluster === undefined ? {} : { [task.cluster]: row.cluster! },
  }));
};
