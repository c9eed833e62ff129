import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parseOptions, tooFew, type Measurement } from '../../contracts/index.ts';
import { perturbationsEvaluator } from './perturbations.ts';
import { madeUp, weighed, type Mind } from './testing/trial.ts';

const labels = ['billing', 'delivery'];
/** Understands "delivery" in small letters, and asks for a second sign of it or not. */
const mind =
  (pattern: RegExp): Mind =>
  (text) =>
    pattern.test(text) ? [0, 1] : [1, 0];
const rows = Array.from({ length: 80 }, (_, at): [string, string] =>
  at % 2 === 0
    ? [`Where is my delivery number ${at + 100}?`, 'delivery']
    : [`I have paid the invoice ${at + 100} twice.`, 'billing'],
);
const robust = mind(/deli|livery|where/i);
const brittle = mind(/delivery/);
const made = (seed = 1) => madeUp(labels, rows, { baseline: robust, brittle }, {}, seed);

test('equal accuracy, less robust: the difference in differences finds it', async () => {
  const of = await weighed(perturbationsEvaluator, made(), {
    kinds: ['swap', 'upper-case', 'extra-space'],
    strength: 5,
    replicates: 500,
  });
  expect(of('brittle', 'robust-accuracy', 'kind=upper-case')!.value).toBe(0.5);
  expect(of('baseline', 'robust-accuracy', 'kind=upper-case')!.value).toBe(1);
  expect(of('brittle', 'robust-accuracy', 'kind=extra-space')!.value).toBe(1);
  const loss = of('brittle', 'robustness-loss')!;
  expect(loss.versus!.low).toBeGreaterThan(0.1);
  expect(of('brittle', 'worst-accuracy')!.value).toBeCloseTo(0.5, 12);
  expect(of('brittle', 'consistency')!.versus!.value).toBeLessThan(0);
  expect(of('brittle', 'robustness-ratio')!.versus!.high).toBeLessThan(1);
  expect(of('baseline', 'robust-accuracy')!.caveat).toMatch(
    /^texts changed, of 80: swap \d+, upper-case 80, extra-space 80$/,
  );
});

test('one question list a version, the same for all, with nothing in it twice', async () => {
  const one = made();
  await weighed(perturbationsEvaluator, one, { replicates: 200 });
  const [baseline, brittleAsked] = ['baseline', 'brittle'].map((id) => one.asked.get(id)!);
  expect(baseline).toHaveLength(1);
  expect(brittleAsked![0]).toBe(baseline![0]);
  const texts = baseline![0]!.map(({ text }) => text);
  expect(new Set(texts).size).toBe(texts.length);
  const clean = new Set(rows.map(([text]) => text));
  expect(texts.filter((text) => clean.has(text!))).toEqual([]);
});

test('keeps what every evaluator promises, on texts', async () => {
  const options = parseOptions(perturbationsEvaluator.id, perturbationsEvaluator.options, {
    kinds: ['*'],
    examples: 80,
    replicates: 200,
  });
  const { trial, context } = made();
  const before = JSON.stringify(trial.examples);
  const first = await perturbationsEvaluator.evaluate(trial, options, context);
  const second = await perturbationsEvaluator.evaluate(made().trial, options, made().context);
  expect(second).toEqual(first);
  expect(JSON.stringify(trial.examples)).toBe(before);
  const declared = new Map(perturbationsEvaluator.metrics.map((one) => [one.id as string, one]));
  for (const [id, outcome] of first) {
    if (outcome.kind !== 'measured') throw new Error(outcome.message);
    const seen = new Set<string>();
    for (const one of outcome.measurements as readonly Measurement[]) {
      const spec = declared.get(one.metric)!;
      expect([one.unit, one.confidence]).toEqual([spec.unit, 0.95]);
      expect(one.low).toBeLessThanOrEqual(one.value);
      expect(one.high).toBeGreaterThanOrEqual(one.value);
      expect(one.versus?.kind).toBe(id === 'baseline' ? undefined : spec.versus);
      expect(seen).not.toContain(`${one.metric} ${one.slice}`);
      seen.add(`${one.metric} ${one.slice}`);
    }
    expect(seen.size).toBeGreaterThan(60);
  }
});

test('slang and contrast sets come from files', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'steelyard-robust-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const slang = join(folder, 'slang.tsv');
  const contrast = join(folder, 'contrast.jsonl');
  await writeFile(slang, 'delivery\tdrop\n');
  const rewritten = (count: number): string =>
    Array.from(
      { length: count },
      (_, at) =>
        `{"id": "row ${2 * at + 1}", "text": "Where is the delivery ${at} that I have paid?", "label": "delivery"}\n`,
    ).join('');
  await writeFile(contrast, rewritten(30));
  const of = await weighed(perturbationsEvaluator, made(), { kinds: ['typo@0.5'], slang, contrast, replicates: 200 });
  expect(of('brittle', 'robust-accuracy', 'kind=slang')!.value).toBe(0.5);
  expect(of('baseline', 'robust-accuracy', 'kind=slang')!.value).toBe(1);
  expect(of('baseline', 'robust-accuracy', 'kind=contrast')!.value).toBe(1);
  expect(of('baseline', 'consistency', 'kind=contrast')).toBeUndefined();
  expect(of('baseline', 'robust-accuracy', 'kind=typo@0.5')).toBeDefined();
  await writeFile(contrast, rewritten(1));
  const few = await weighed(perturbationsEvaluator, made(), { kinds: ['typo@0.5'], contrast, replicates: 200 });
  expect(few('baseline', 'robust-accuracy', 'kind=contrast')).toBeUndefined();
  expect(few('baseline', 'robust-accuracy')!.refused).toContainEqual(tooFew('kind=contrast', 1, 'changed text'));
});

test('where a handful of texts is changed in all, no number is told', async () => {
  const one = madeUp(labels, [...rows, ['Un café', 'billing']], { baseline: robust, brittle });
  const of = await weighed(perturbationsEvaluator, one, { kinds: ['no-diacritics'], replicates: 200 });
  for (const metric of ['robust-accuracy', 'worst-accuracy', 'robustness-loss', 'consistency'])
    expect(of('brittle', metric)).toMatchObject({ value: Number.NaN, samples: 1 });
  expect(of('brittle', 'robust-accuracy')!.caveat).toMatch(/^it needs 30 changed texts and there is 1; /);
});

test('kinds that change nothing are named; where all change nothing, or no text has an answer, nothing is claimed', async () => {
  const of = await weighed(perturbationsEvaluator, made(), { kinds: ['no-diacritics', 'upper-case'], replicates: 200 });
  expect(of('baseline', 'robust-accuracy')!.refused).toContainEqual(tooFew('kind=no-diacritics', 0, 'changed text'));
  expect(of('baseline', 'robust-accuracy', 'kind=no-diacritics')).toBeUndefined();
  const idle = made();
  const none = await weighed(perturbationsEvaluator, idle, { kinds: ['no-diacritics'], replicates: 200 });
  expect(none('baseline', 'robust-accuracy')).toBeUndefined();
  expect(idle.logged).toEqual(['robustness: no-diacritics change none of 80 texts']);
  const unlabelled = madeUp(labels, [['text', null]], { baseline: robust });
  expect(
    (await weighed(perturbationsEvaluator, unlabelled, { replicates: 200 }))('baseline', 'robust-accuracy'),
  ).toBeUndefined();
  expect(unlabelled.logged[0]).toContain('no example has a text and a right answer');
});

test('a version that gives no numbers is out with its reason', async () => {
  const broken = madeUp(labels, rows, {
    baseline: robust,
    broken: (text) => (text.includes('  ') ? [Number.NaN, 1] : robust(text)),
  });
  const options = parseOptions(perturbationsEvaluator.id, perturbationsEvaluator.options, {
    kinds: ['extra-space'],
    replicates: 200,
  });
  const outcomes = await perturbationsEvaluator.evaluate(broken.trial, options, broken.context);
  expect(outcomes.get('broken')).toMatchObject({ kind: 'failed', code: 'task/not-finite' });
});
