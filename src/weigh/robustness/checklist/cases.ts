import { SteelyardError, type Context, type Example, type Trial } from '../../../contracts/index.ts';
import { optionsAt, perturbExample } from '../kinds.ts';
import { perturbations } from '../perturb/index.ts';
import { anyOf, matchCase, plainKey } from '../perturb/words.ts';
import { builtInLists } from './lists.ts';
import type { ChangeFile, SuiteFile, TestFile } from './schema.ts';
import { fill, fillings, slotsOf, type Filling } from './template.ts';

/** One text and what was made of it; a test of known answers has no variants. */
export interface Case {
  readonly original: Example;
  readonly variants: readonly Example[];
}

interface Seed {
  readonly example: Example;
  readonly template: NonNullable<TestFile['templates']>[number] | null;
  readonly filling: Filling;
}

const mostTexts = 20_000;

const textOf = (template: NonNullable<Seed['template']>, filling: Filling): Pick<Example, 'text' | 'pair'> =>
  typeof template === 'string'
    ? { text: fill(template, filling) }
    : { text: fill(template.text, filling), pair: fill(template.pair, filling) };

const listsOf = (suite: SuiteFile): Readonly<Record<string, readonly string[]>> => ({
  ...builtInLists,
  ...suite.lists,
});

/** The unchanged texts of a test, each once. */
const seedsOf = (test: TestFile, suite: SuiteFile, trial: Trial, context: Context): readonly Seed[] => {
  const random = context.random(`robustness/checklist ${test.name}`);
  const seeds = new Map<string, Seed>();
  const add = (seed: Omit<Seed, 'example'>, texts: Pick<Example, 'text' | 'pair'>): void => {
    const key = JSON.stringify([texts.text, texts.pair]);
    if (seeds.has(key)) return;
    seeds.set(key, { ...seed, example: { id: `${test.name}#${seeds.size}`, ...texts, label: null, groups: {} } });
  };
  const { templates } = test;
  if (templates !== undefined) {
    const most = Math.max(1, Math.ceil((test.samples ?? 100) / templates.length));
    for (const template of templates) {
      const parts = typeof template === 'string' ? [template] : [template.text, template.pair];
      const slots = slotsOf(parts.join('\n'));
      for (const filling of fillings(slots, listsOf(suite), most, random))
        add({ template, filling }, textOf(template, filling));
    }
  } else if ('examples' in test && test.examples !== undefined) {
    const chosen = trial.examples
      .filter(({ text }) => text !== undefined)
      .map((example) => ({ example, lot: context.random(`robustness/checklist ${test.name} ${example.id}`).next() }))
      .toSorted((a, b) => a.lot - b.lot)
      .slice(0, test.examples);
    for (const { example } of chosen)
      add(
        { template: null, filling: {} },
        { text: example.text!, ...(example.pair === undefined ? {} : { pair: example.pair }) },
      );
  }
  return [...seeds.values()];
};

const joined = (first: string, second: string): string =>
  first === '' || second === '' || /^[\s,.;:!?)]/.test(second) ? first + second : `${first} ${second}`;

/** Every variant of one text, those equal to it or to each other left out. */
const variantsOf = (
  change: ChangeFile,
  seed: Seed,
  suite: SuiteFile,
  trial: Trial,
  context: Context,
): readonly Example[] => {
  const { example, template, filling } = seed;
  const text = example.text!;
  const found: Pick<Example, 'text' | 'pair'>[] = [];
  const withText = (changed: string): void => {
    found.push({ ...example, text: changed });
  };
  for (const name of change.perturb ?? []) {
    const [id, strength] = name.split('@') as [string, string | undefined];
    const one = perturbations.find((each) => each.id === id)!;
    const options = optionsAt(one, 1, strength === undefined ? null : Number(strength));
    const { text: task } = trial.task;
    const setting = {
      slang: new Map<string, string>(),
      length:
        task === undefined
          ? null
          : { most: task.maxLength, count: (other: string) => task.tokens({ ...example, text: other }).length },
    };
    for (let copy = 0; copy < (change.copies ?? 1); copy++) {
      const changed = perturbExample(one, options, example, setting, context, `${name} ${copy}`);
      if (changed !== null) found.push(changed);
    }
  }
  for (const phrase of change.append ?? []) withText(joined(text, phrase));
  for (const phrase of change.prepend ?? []) withText(joined(phrase, text));
  for (const [from, to] of Object.entries(change.replace ?? {})) {
    const pattern = anyOf([plainKey(from)])!;
    for (const other of [to].flat()) withText(text.replace(pattern, (old) => matchCase(old, other)));
  }
  if (change.vary !== undefined && template !== null && filling[change.vary] !== undefined) {
    const { vary } = change;
    const values = listsOf(suite)[vary.replace(/[0-9]+$/, '')]!.filter((value) => value !== filling[vary]);
    const some = context.random(`robustness/checklist ${example.id} ${vary}`).shuffle(values);
    for (const value of some.slice(0, change.copies ?? 3)) found.push(textOf(template, { ...filling, [vary]: value }));
  }
  const keyOf = ({ text: one, pair }: Pick<Example, 'text' | 'pair'>): string => JSON.stringify([one, pair]);
  const known = new Set([keyOf(example)]);
  return found.flatMap(({ text: one, pair }, at) => {
    const key = keyOf({ text: one!, pair });
    if (known.has(key)) return [];
    known.add(key);
    const id = `${example.id}.${at}`;
    return [{ id, text: one!, ...(pair === undefined ? {} : { pair }), label: null, groups: {} }];
  });
};

/** The cases of each test, in its order. A text that no change touches makes no case. The same seed gives the same cases.
 *  Errors: `checklist/invalid` when a suite makes more than 20,000 texts, or a test makes none. */
export const casesOf = (suite: SuiteFile, trial: Trial, context: Context): readonly (readonly Case[])[] => {
  let texts = 0;
  return suite.tests.map((test) => {
    const cases: Case[] = [];
    for (const seed of seedsOf(test, suite, trial, context)) {
      context.signal.throwIfAborted();
      const variants = test.type === 'MFT' ? [] : variantsOf(test.change, seed, suite, trial, context);
      if (test.type !== 'MFT' && variants.length === 0) continue;
      cases.push({ original: seed.example, variants });
      texts += 1 + variants.length;
      if (texts > mostTexts)
        throw new SteelyardError(
          'checklist/invalid',
          `"${test.name}" brings the suite over ${mostTexts} texts`,
          'lower samples or copies',
        );
    }
    if (cases.length === 0)
      throw new SteelyardError(
        'checklist/invalid',
        `"${test.name}" has no case: its changes change no text`,
        'choose other texts or changes',
      );
    return cases;
  });
};
