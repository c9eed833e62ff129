import { SteelyardError } from '../../contracts/index.ts';
import type { SuiteTask } from './types.ts';

/** How an answer was given, and as which class. */
export interface ReadLabel {
  readonly index: number;
  readonly by: 'name' | 'number';
}

/** Why an answer is none of the task's labels. */
export interface Refused {
  readonly refused: string;
  readonly unnamed?: boolean;
}

const byName = (labels: readonly string[], name: string): number => {
  const wanted = name.trim().toLowerCase();
  return labels.findIndex((label) => label.toLowerCase() === wanted);
};

/** Any value for a message, short: numbers of 64 bits and objects that hold them included. */
export const show = (raw: unknown): string => {
  const text = JSON.stringify(raw, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value));
  return text === undefined ? 'nothing' : text.length > 40 ? `${text.slice(0, 40)}…` : text;
};

/** One answer as a class of the task: by name where a name is given, upper and lower case alike; a number is a place in `order`, which is
 *  the data's own order unless the user gave the model's. Booleans are the names True and False. Anything else is refused with a reason. */
export const readLabel = (
  { labels }: Pick<SuiteTask, 'labels'>,
  raw: unknown,
  order: readonly string[] = labels,
): ReadLabel | Refused => {
  if (typeof raw === 'boolean') {
    const index = byName(labels, String(raw));
    return index >= 0 ? { index, by: 'name' } : { refused: show(raw) };
  }
  const text = typeof raw === 'string' ? raw.trim() : typeof raw === 'number' || typeof raw === 'bigint' ? raw : null;
  if (text === null || text === '') return { refused: show(raw) };
  const named = typeof text === 'string' ? byName(labels, text) : -1;
  if (named >= 0) return { index: named, by: 'name' };
  const unnamed = typeof text === 'string' ? /^label_(\d+)$/i.exec(text) : null;
  if (unnamed !== null && order === labels) return { refused: show(raw), unnamed: true };
  const place = Number(unnamed === null ? text : unnamed[1]);
  const name = Number.isInteger(place) ? order[place] : undefined;
  return name === undefined ? { refused: show(raw) } : { index: byName(labels, name), by: 'number' };
};

/** The model's own order of a task's labels, as the user gave it. Errors: `usage/labels`. */
export const checkOrder = (task: SuiteTask, order: readonly string[]): readonly string[] => {
  const places = order.map((name) => byName(task.labels, name));
  if (order.length !== task.labels.length || new Set(places).size !== order.length || places.includes(-1))
    throw new SteelyardError(
      'usage/labels',
      `--labels ${order.join(',')} does not name the labels of ${task.id} once each: ${task.labels.join(', ') || '(it has none)'}`,
      'give the names in the order of the model’s head, separated by commas',
    );
  return order;
};
