import { readFile, stat } from 'node:fs/promises';
import { SteelyardError } from '../../../contracts/index.ts';
import { check, locate, place as placeIn } from '../../../data/yaml/index.ts';
import { perturbations } from '../perturb/index.ts';
import { builtInLists } from './lists.ts';
import { slotsOf } from './template.ts';
import { suiteSchema, type SuiteFile, type TestFile } from './schema.ts';

const largestBytes = 4 * 1024 * 1024;
const hint = 'the JSON Schema in schema/checklist.schema.json describes every key';

/** Where in the file a key or value stands: "file:line:column". */
type Place = (path: readonly PropertyKey[], key?: string) => string;

const fault = (where: string, what: string, advice = hint): SteelyardError =>
  new SteelyardError('checklist/invalid', `${where}: ${what}`, advice);

/** What the grammar cannot say: names that must exist, texts that must come from somewhere. */
const checkTest = (test: TestFile, at: number, suite: SuiteFile, labels: readonly string[], place: Place): void => {
  const path = ['tests', at];
  const lists = { ...builtInLists, ...suite.lists };
  const sources = [test.templates, 'examples' in test ? test.examples : undefined].filter((one) => one !== undefined);
  if (sources.length !== 1)
    throw fault(
      place(path),
      `"${test.name}" takes its texts from ${sources.length === 0 ? 'nowhere' : 'templates and examples'}`,
      test.type === 'MFT' ? 'give templates' : 'give either templates or examples',
    );
  const known = (label: string, where: readonly PropertyKey[]): void => {
    if (!labels.includes(label))
      throw fault(place(where), `the model does not know the label "${label}"`, `known: ${labels.join(', ')}`);
  };
  for (const [index, template] of (test.templates ?? []).entries())
    for (const one of typeof template === 'string' ? [template] : [template.text, template.pair])
      for (const { list } of slotsOf(one))
        if (lists[list] === undefined)
          throw fault(
            place([...path, 'templates', index]),
            `there is no list "${list}"`,
            `add it under lists; known: ${Object.keys(lists).join(', ')}`,
          );
  if (test.type === 'MFT') {
    for (const label of [test.label].flat()) known(label, [...path, 'label']);
    return;
  }
  for (const [index, name] of (test.change.perturb ?? []).entries()) {
    const [id, strength] = name.split('@') as [string, string | undefined];
    const one = perturbations.find((each) => each.id === id);
    const where = place([...path, 'change', 'perturb', index]);
    if (one === undefined || one.needs === 'slang')
      throw fault(
        where,
        one === undefined ? `there is no perturbation "${id}"` : `"${id}" has no word list here`,
        `known: ${perturbations
          .filter(({ needs }) => needs !== 'slang')
          .map((each) => each.id)
          .join(', ')}`,
      );
    if (one.meaning === 'changed' && test.type === 'INV')
      throw fault(where, `"${id}" changes what a text says: no answer can be expected to stay`, 'use a DIR test');
    if (strength === undefined) continue;
    const value = Number(strength);
    if (one.options['strength'] === undefined || strength.trim() === '' || !(value >= 0 && value <= 1))
      throw fault(where, `"${name}" is no strength of "${id}"`, 'write for example "typo@0.1", from 0 to 1');
  }
  const { vary } = test.change;
  if (vary !== undefined) {
    const used = (test.templates ?? []).flatMap((one) =>
      typeof one === 'string' ? slotsOf(one) : [...slotsOf(one.text), ...slotsOf(one.pair)],
    );
    if (!used.some(({ slot }) => slot === vary))
      throw fault(place([...path, 'change', 'vary']), `no template has the slot {${vary}}`);
  }
  if (test.type !== 'DIR') return;
  const { expect } = test;
  const named =
    'goes' in expect
      ? expect.label === undefined
        ? []
        : [expect.label]
      : 'becomes' in expect
        ? [expect.becomes].flat()
        : [expect.leaves];
  for (const label of named) known(label, [...path, 'expect']);
};

/** Turn a suite's text into the noun. Errors: `checklist/yaml`, `checklist/invalid`, each with file, line and column. */
export const parseSuite = (file: string, text: string, labels: readonly string[]): SuiteFile => {
  const located = locate(
    file,
    text,
    'checklist/yaml',
    'a checklist is a file of keys with values: tests, and lists if it needs any',
  );
  const place: Place = (path, key) => placeIn(located, path, key);
  const suite = check(located, suiteSchema, { code: 'checklist/invalid', hint });
  const names = suite.tests.map(({ name }) => name);
  const twice = names.findIndex((name, at) => names.indexOf(name) !== at);
  if (twice >= 0) throw fault(place(['tests', twice, 'name']), `the test "${names[twice]!}" is there twice`);
  for (const [at, test] of suite.tests.entries()) checkTest(test, at, suite, labels, place);
  return suite;
};

/** Read a suite. Errors: `checklist/file`, and those of `parseSuite`. */
export const readSuite = async (path: string, labels: readonly string[]): Promise<SuiteFile> => {
  let text: string;
  try {
    if ((await stat(path)).size > largestBytes) throw new Error(`it has more than ${largestBytes} bytes`);
    text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (cause) {
    throw new SteelyardError(
      'checklist/file',
      `cannot read the checklist ${path}: ${(cause as Error).message}`,
      'the option suite of robustness/checklist names a YAML file, relative to the scenario',
      { cause },
    );
  }
  return parseSuite(path, text, labels);
};
