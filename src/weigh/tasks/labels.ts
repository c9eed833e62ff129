import { SteelyardError, type Example, type Predictions, type Task } from '../../contracts/index.ts';

const fail = (message: string, hint: string): never => {
  throw new SteelyardError('task/labels', message, hint);
};
const howToMap =
  'name the classes in the order of the model head in the scenario: task: { labels: [first, second, …] }';
const show = (names: readonly string[]): string =>
  names.length <= 8 ? names.join(', ') : `${names.slice(0, 8).join(', ')} and ${names.length - 8} more`;

const fromConfig = (config: unknown): string[] | null => {
  if (typeof config !== 'object' || config === null) return null;
  const { id2label, label2id } = config as { id2label?: unknown; label2id?: unknown };
  if (typeof id2label !== 'object' || id2label === null) return null;
  const entries = Object.entries(id2label);
  const names: string[] = [];
  for (const [key, name] of entries) {
    const index = Number(key);
    if (!Number.isInteger(index) || index < 0 || index >= entries.length || typeof name !== 'string')
      fail(
        `config.json: id2label has the entry "${key}": ${JSON.stringify(name)}, expected the numbers 0 to ${entries.length - 1} with names`,
        howToMap,
      );
    names[index] = name as string;
  }
  if (typeof label2id === 'object' && label2id !== null)
    for (const [name, index] of Object.entries(label2id))
      if (typeof index === 'number' && names[index] !== undefined && names[index] !== name && names.includes(name))
        fail(
          `config.json contradicts itself: id2label says ${index} is "${names[index]}", label2id says ${index} is "${name}"`,
          'correct config.json',
        );
  return names;
};

const checkDistinct = (names: readonly string[]): void => {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) fail(`the label "${twice}" is named twice`, 'every class needs a name of its own');
};

/** Class names in the order of the model's head: what the user mapped, else what config.json says.
 *  Errors: `task/labels` when neither names the classes (LABEL_0 and the like name nothing), when config.json contradicts itself,
 *  and when the user's names are config.json's names in another order. */
export const headLabels = (config: unknown, mapped: readonly string[] | undefined): readonly string[] => {
  const stated = fromConfig(config);
  const named = stated !== null && stated.length > 0 && !stated.every((name) => /^LABEL_\d+$/i.test(name));
  if (mapped !== undefined) {
    checkDistinct(mapped);
    if (named && stated.length === mapped.length && mapped.every((name) => stated.includes(name))) {
      const at = mapped.findIndex((name, index) => name !== stated[index]);
      if (at >= 0)
        fail(
          `the scenario names class ${at} "${mapped[at]}", config.json of the model names it "${stated[at]}": the same names in another order`,
          'remove task.labels from the scenario, or correct config.json',
        );
    }
    return mapped;
  }
  if (stated === null || stated.length === 0)
    return fail('the model does not name its classes: config.json has no id2label', howToMap);
  if (!named) return fail(`the model does not name its classes: config.json says ${show(stated)}`, howToMap);
  checkDistinct(stated);
  return stated;
};

/** Refuse data whose right answers the model cannot give. Labels are compared by name. Errors: `task/labels` naming them. */
export const checkLabels = (labels: readonly string[], examples: readonly Example[], where: string): void => {
  const known = new Set(labels);
  const strange = new Map<string, number>();
  for (const { label } of examples)
    if (label !== null && !known.has(label)) strange.set(label, (strange.get(label) ?? 0) + 1);
  if (strange.size === 0) return;
  const names = [...strange.keys()];
  const rows = [...strange.values()].reduce((sum, count) => sum + count, 0);
  const near = names
    .map((name) => ({ name, like: labels.find((one) => one.toLowerCase() === name.toLowerCase()) }))
    .find(({ like }) => like !== undefined);
  const numbers = names.every((name) => /^\d+$/.test(name));
  fail(
    `${where}: ${rows} of ${examples.length} rows have labels that the model does not know: ${show(names)}; it knows: ${show(labels)}`,
    near !== undefined
      ? `spell the labels alike: the data says "${near.name}", the model "${near.like}"`
      : numbers
        ? 'put names in place of the numbers: the order of a data set is often not the order of the model'
        : 'rename the labels in the data, remove these rows, or map the model’s classes with task.labels',
  );
};

/** Refuse data whose right answers this task cannot give, whatever its answers are. Errors: `task/labels`, `task/gold`, `task/tags`. */
export const checkExamples = (
  { labels, judging }: Pick<Task, 'labels' | 'judging'>,
  examples: readonly Example[],
  where: string,
): void => (judging === undefined ? checkLabels(labels, examples, where) : judging.check(examples, where));

export interface SuspectedSwap {
  readonly accuracy: number;
  readonly permutedAccuracy: number;
  /** What the model calls a class → what the data seems to call it; only where they differ. */
  readonly renamed: readonly { readonly model: string; readonly data: string }[];
}

/** A one-to-one renaming of the classes under which the model would score far better, or null: a sign that labels are in another order.
 *  Far better: at least 0.2 more, and at least as much again. The renaming is built greedily from the largest counts, so it is a lower bound. */
export const suspectSwap = (predictions: Predictions, examples: readonly Example[]): SuspectedSwap | null => {
  const { labels, predicted } = predictions;
  const indexOf = new Map(labels.map((name, index) => [name, index]));
  const counts = new Map<number, number>();
  let known = 0;
  let right = 0;
  for (const [row, { label }] of examples.entries()) {
    const truth = label === null ? undefined : indexOf.get(label);
    if (truth === undefined) continue;
    known += 1;
    if (predicted[row] === truth) right += 1;
    const cell = predicted[row]! * labels.length + truth;
    counts.set(cell, (counts.get(cell) ?? 0) + 1);
  }
  if (known < 20) return null;
  const taken = { model: new Set<number>(), data: new Set<number>() };
  const renamed: { model: string; data: string }[] = [];
  let permuted = 0;
  for (const [cell, count] of [...counts].toSorted((a, b) => b[1] - a[1] || a[0] - b[0])) {
    const [model, data] = [Math.floor(cell / labels.length), cell % labels.length];
    if (taken.model.has(model) || taken.data.has(data)) continue;
    taken.model.add(model);
    taken.data.add(data);
    permuted += count;
    if (model !== data) renamed.push({ model: labels[model]!, data: labels[data]! });
  }
  const [accuracy, permutedAccuracy] = [right / known, permuted / known];
  return permutedAccuracy >= accuracy + 0.2 && permutedAccuracy >= accuracy * 2
    ? { accuracy, permutedAccuracy, renamed }
    : null;
};
