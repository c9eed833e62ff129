import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parseOptions } from '../../../contracts/index.ts';
import { madeUp, weighed } from '../testing/trial.ts';
import { checklist } from './checklist.ts';

const labels = ['refund', 'delivery'];
const minds = {
  baseline: (text: string) => (/money|refund/i.test(text) ? [3, 0] : [0, 3]),
  // Loses capitals, learns "cash".
  other: (text: string) => (/money|refund|cash/.test(text) ? [3, 0] : [0, 3]),
};
const made = () => madeUp(labels, [['where is my parcel', 'delivery']], minds);

const suite = async (text: string): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'steelyard-checklist-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'suite.yaml');
  await writeFile(path, text);
  return path;
};
const yaml = `
lists: { thing: [parcel, letter, box, phone] }
tests:
  - { name: refund, type: MFT, label: refund, templates: ["money for my {thing}", "cash for my {thing}"] }
  - { name: capitals, type: INV, templates: ["money for my {thing}"], change: { perturb: [upper-case] } }
  - { name: money counts, type: DIR, templates: ["where is my {thing}"], change: { append: ["I want my money"] }, expect: { becomes: refund } }
  - { name: never counts, type: DIR, templates: ["where is my {thing}"], change: { append: ["now"] }, expect: { goes: up, label: refund } }
`;

test('failures, newly failing and newly fixed, as a whole and per test, with McNemar’s counts', async () => {
  const of = await weighed(checklist, made(), { suite: await suite(yaml) });
  // The original fails "cash" (4 of 8); "never counts" has no case that could fail: the probability is near 0 already.
  expect(of('baseline', 'checklist-failures')).toMatchObject({ value: 4 / 16, samples: 16 });
  expect(of('baseline', 'checklist-failures', 'test=refund')!.value).toBe(0.5);
  expect(of('baseline', 'checklist-failures', 'test=never counts')).toBeUndefined();
  expect(of('baseline', 'checklist-failures')!.caveat).toBe(
    '4 of 20 cases could not have failed and do not count; test=never counts has no case that counts',
  );
  const other = of('other', 'checklist-failures')!;
  expect(other.value).toBe(4 / 16);
  // One side's failures are counted as the thing that is there or not.
  expect(other.versus).toMatchObject({
    value: 0,
    evidence: { kind: 'pairs', bothRight: 0, onlyBaselineRight: 4, onlyCandidateRight: 4, bothWrong: 8 },
  });
  expect(of('other', 'checklist-newly-failing')!.value).toBe(4 / 16);
  expect(of('other', 'checklist-newly-failing', 'test=capitals')!.value).toBe(1);
  expect(of('other', 'checklist-newly-fixed', 'test=refund')!.value).toBe(0.5);
  expect(of('other', 'checklist-failures', 'test=capitals')!.versus!.low).toBeGreaterThan(0);
});

test('each text is asked once, in one call', async () => {
  const one = made();
  await weighed(checklist, one, { suite: await suite(yaml) });
  const [calls] = [one.asked.get('other')!];
  expect(calls).toHaveLength(1);
  // 8 + 4 capitals ("money for my …" are there already) + 4 questions with 2 variants each.
  expect(calls[0]).toHaveLength(8 + 4 + 4 + 4 + 4);
});

test('no suite, a bad one, and examples that are no texts', async () => {
  await expect(weighed(checklist, made())).rejects.toMatchObject({ code: 'checklist/missing' });
  const bad = await suite('tests: 3');
  await expect(weighed(checklist, made(), { suite: bad })).rejects.toMatchObject({ code: 'checklist/invalid' });
  const { trial, context } = made();
  const tensors = trial.examples.map(({ id }) => ({ id, tensors: {}, label: null, groups: {} }));
  const outcomes = await checklist.evaluate(
    { ...trial, examples: tensors },
    parseOptions('c', checklist.options),
    context,
  );
  expect(outcomes.get('other')).toEqual({ kind: 'measured', measurements: [] });
});

test('the same seed gives the same numbers', async () => {
  const path = await suite(
    'tests: [{ name: t, type: INV, templates: ["{name} wants money in {city}"], samples: 20, change: { perturb: [typo@0.1] } }]',
  );
  const options = parseOptions(checklist.id, checklist.options, { suite: path });
  const run = () => checklist.evaluate(made().trial, options, made().context);
  expect(await run()).toEqual(await run());
});
