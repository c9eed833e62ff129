import {
  SteelyardError,
  parseOptions,
  type Context,
  type Example,
  type Options,
  type OptionsSpec,
  type Trial,
} from '../../contracts/index.ts';
import { perturbations, type Perturbation, type Setting } from './perturb/index.ts';

/** A way to change an example, under the name that slices carry. */
export interface Kind {
  readonly id: string;
  /** kept: the right answer and ideally the given one stay; changed: the changed example brings its own right answer. */
  readonly meaning: 'kept' | 'changed';
  /** The changed example, or null where it leaves the example as it is. */
  change(example: Example, context: Context): Example | null;
}

const kindFault = (what: string, hint?: string): SteelyardError =>
  new SteelyardError(
    'robustness/kind',
    what,
    hint ??
      `known: ${perturbations
        .filter(({ meaning }) => meaning === 'kept')
        .map(({ id }) => id)
        .join(', ')}`,
  );

/** "typo", "typo@0.3" or "punctuation-*": the perturbations with their strength, null where none is stated. */
const find = (
  name: string,
): readonly { readonly id: string; readonly one: Perturbation; readonly at: number | null }[] => {
  const [pattern = '', stated] = name.split('@') as [string, string | undefined];
  const shape = new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);
  const some = perturbations.filter(({ id, meaning }) => shape.test(id) && (meaning === 'kept' || id === pattern));
  if (some.length === 0) throw kindFault(`there is no perturbation "${pattern}"`);
  if (stated === undefined) return some.map((one) => ({ id: one.id, one, at: null }));
  const at = Number(stated);
  if (stated.trim() === '' || !Number.isFinite(at) || at < 0 || at > 1)
    throw kindFault(`"${name}": a strength is a number from 0 to 1`, 'write for example "typo@0.3"');
  return some.map((one) => {
    if (one.options['strength'] === undefined)
      throw kindFault(`"${name}": ${one.id} has no strength`, `write "${one.id}"`);
    return { id: `${one.id}@${stated}`, one, at };
  });
};

/** The options of one perturbation where its usual strength is multiplied. */
export const optionsAt = (one: Perturbation, factor: number, stated: number | null): Options<OptionsSpec> => {
  const spec = one.options['strength'];
  if (spec?.kind !== 'number') return parseOptions(one.id, one.options);
  const strength = Math.min(spec.max, stated ?? spec.default * factor);
  return parseOptions(one.id, one.options, { strength });
};

/** What a perturbation gets to know about the example. */
const settingOf = (trial: Trial, slang: Setting['slang'], example: Example): Setting => {
  const { text } = trial.task;
  return {
    slang,
    length:
      text === undefined
        ? null
        : { most: text.maxLength, count: (one) => text.tokens({ ...example, text: one }).length },
  };
};

/** Apply a perturbation to the texts of an example. The stream depends on the seed, the perturbation and the example alone, so neither
 *  the order nor the choice of examples matters. Null: nothing changed. Source: HELM (random stream from seed and instance id). */
export const perturbExample = (
  one: Perturbation,
  options: Options<OptionsSpec>,
  example: Example,
  setting: Setting,
  context: Context,
  id = one.id,
): Example | null => {
  if (example.text === undefined) return null;
  const random = context.random(`robustness/${id} ${example.id}`);
  const text = one.apply(example.text, options, random, setting);
  const pair =
    example.pair === undefined || one.fields === 'text'
      ? example.pair
      : one.apply(example.pair, options, random, setting);
  if (text === example.text && pair === example.pair) return null;
  return { ...example, id: `${example.id}#${id}`, text, ...(pair === undefined ? {} : { pair }) };
};

/** The kinds that a list of names stands for, each once, in that order. `factor` multiplies every usual strength.
 *  Errors: `robustness/kind` for an unknown name, a strength out of range, a perturbation that changes what a text says, or one that
 *  misses what it needs. */
export const kindsOf = (
  names: readonly string[],
  factor: number,
  trial: Trial,
  slang: Setting['slang'] = new Map(),
): readonly Kind[] => {
  const kinds = new Map<string, Kind>();
  for (const { id, one, at } of names.flatMap(find)) {
    if (kinds.has(id)) continue;
    if (one.meaning === 'changed')
      throw kindFault(`"${id}" changes what a text says, so its right answer is not known`, 'use it in a checklist');
    if (one.needs === 'slang' && slang.size === 0) {
      if (!names.includes(id)) continue;
      throw kindFault(`"${id}" replaces words of a list, and none is given`, 'name a file with the option slang');
    }
    if (one.needs === 'length' && trial.task.text === undefined) {
      if (!names.includes(id)) continue;
      throw kindFault(`"${id}" needs the task’s maximum length, which it does not state`, 'take it out of kinds');
    }
    const options = optionsAt(one, factor, at);
    kinds.set(id, {
      id,
      meaning: 'kept',
      change: (example, context) =>
        perturbExample(one, options, example, settingOf(trial, slang, example), context, id),
    });
  }
  return [...kinds.values()];
};
