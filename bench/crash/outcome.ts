import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store } from '../../src/contracts/index.ts';
import { artifactsOf, digestOf, digestOfBytes } from '../../src/records/index.ts';
import { evaluators } from '../../src/weigh/index.ts';
import { findingsOf, type Findings } from '../../tests/crew.ts';

/** What must not depend on what was killed when. */
export interface Outcome extends Findings {
  /** Key of a finding → what kind of record it is. */
  readonly kinds: Readonly<Record<string, string>>;
  /** Key of a measurement that is not about time → digest of what came out. */
  readonly values: Readonly<Record<string, string>>;
  /** Digest of the model files that were written for the user, by name. */
  readonly written: Readonly<Record<string, string>>;
}

const timed = new Set(evaluators.filter(({ needs }) => needs.alone).map(({ id }) => id));

/** Read back every file that a run's records name. Errors: `store/missing`, `store/corrupt`. */
export const checkFiles = async (store: Pick<Store, 'records' | 'path'>): Promise<void> => {
  for await (const record of store.records())
    // What was only kept between the steps of a chain goes with the run.
    if (record.kind !== 'step') for (const digest of artifactsOf(record)) await store.path(digest);
};

/** Read a finished run's outcome. `folder`: where its model was written. */
export const outcomeOf = async (store: Pick<Store, 'records'>, folder: string): Promise<Outcome> => {
  const values: Record<string, string> = {};
  const kinds: Record<string, string> = {};
  for await (const record of store.records()) {
    kinds[record.key] = record.kind;
    if (record.kind === 'measure' && !timed.has(record.evaluator)) values[record.key] = digestOf(record.outcomes);
  }
  const written: Record<string, string> = {};
  for (const name of await readdir(join(folder, 'model'), { recursive: true }))
    if (name.endsWith('.onnx')) written[name] = digestOfBytes(await readFile(join(folder, 'model', name)));
  return { ...(await findingsOf(store)), values, kinds, written };
};

const twice = (keys: readonly string[]): readonly string[] => [
  ...new Set(keys.filter((key, at) => keys.indexOf(key) !== at)),
];

const differ = (what: string, is: unknown, was: unknown): readonly string[] =>
  digestOf(is) === digestOf(was) ? [] : [`${what} differ from those of the undisturbed run`];

/** Kinds of the findings of `a` that `b` has not. Left out is what is about time. */
const lacking = (a: Outcome, b: Outcome): readonly string[] =>
  a.found.flatMap((key) => (a.times.includes(key) || b.found.includes(key) ? [] : [a.kinds[key]!]));

/** What of a finished run is not as in an undisturbed one, in words; empty: nothing. */
export const violations = (is: Outcome, was: Outcome): readonly string[] => {
  const [more, fewer] = [lacking(is, was), lacking(was, is)];
  return [
    ...twice(is.found).map((key) => `${key} was recorded and found out again`),
    ...(is.choices === 1 ? [] : [`${is.choices} choices were recorded`]),
    ...differ('the looks', is.trials, was.trials),
    ...differ('the answers', is.answers, was.answers),
    ...differ('values', is.values, was.values),
    ...(more.length === 0 ? [] : [`records that the undisturbed run has not: ${more.join(', ')}`]),
    ...(fewer.length === 0 ? [] : [`records that only the undisturbed run has: ${fewer.join(', ')}`]),
    ...differ('the choice', [is.chosen, is.written], [was.chosen, was.written]),
  ];
};

/** How many models between two steps it kept that an undisturbed run did not, and the other way round. */
export const stepsApart = (is: Outcome, was: Outcome): number => {
  const steps = ({ found, kinds }: Outcome): readonly string[] => found.filter((key) => kinds[key] === 'step');
  const [a, b] = [steps(is), steps(was)];
  return a.filter((key) => !b.includes(key)).length + b.filter((key) => !a.includes(key)).length;
};

/** The same of the folder of a shared run, which holds what the run itself asked for: its looks and its choice, and nothing twice. */
export const folderViolations = (here: Outcome, there: Outcome): readonly string[] =>
  [
    ...twice(here.found).map((key) => `${key} is there twice`),
    ...differ('the looks', here.trials, there.trials),
    ...differ('the choice', [here.chosen, here.choices], [there.chosen, there.choices]),
  ].map((fault) => `in the run’s own folder: ${fault}`);
