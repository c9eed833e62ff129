import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import type { Context, Feeds, Model, RunResult, Technique, TechniqueResult } from '../../contracts/index.ts';
import { createContext } from '../../engine/run/context.ts';
import { checkModel, encode } from '../../model/onnx/index.ts';
import { inferFacts, printText } from '../../model/graph/index.ts';
import { seeded } from '../../statistics/index.ts';
import { deep } from '../../testing/deep.ts';
import { workedMs } from '../../testing/work.ts';
import { compareOutputs } from './compare.ts';
import { learningFor } from './learning.ts';
import { samples } from './models.ts';
import type { Sample } from './models.ts';
import { optionSets } from './option-sets.ts';

const workFolder = mkdtempSync(join(tmpdir(), 'steelyard-conformance-'));
afterAll(() => rmSync(workFolder, { recursive: true, force: true }));

const contextFor = (sample: Sample, before: Model = sample.model, signal?: AbortSignal): Context => ({
  ...createContext({
    seed: 7,
    workFolder,
    learning: learningFor(sample),
    ...(signal ? { signal } : {}),
    calibration: async function* calibration() {
      for (let i = 0; i < 2; i++) yield sample.feeds(seeded(7, `calibration ${i}`));
    },
  }),
  original: before,
});

const inputsOf = (sample: Sample): Feeds[] => [1, 2].map((round) => sample.feeds(seeded(round, 'inputs')));

const runAll = async (model: Model, sample: Sample): Promise<RunResult[]> => {
  const session = await contextFor(sample).open(model);
  try {
    const results: RunResult[] = [];
    for (const feeds of inputsOf(sample)) results.push(await session.run(feeds));
    return results;
  } finally {
    await session.close();
  }
};

const originals = new Map<string, Promise<RunResult[]>>();
const original = (sample: Sample): Promise<RunResult[]> => {
  const known = originals.get(sample.name) ?? runAll(sample.model, sample);
  originals.set(sample.name, known);
  return known;
};

/** Freeze plain objects and lists, so that a write to the input throws. */
const freeze = <T>(value: T, depth = 0): T => {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || depth > 16) return value;
  for (const one of value instanceof Map ? value.values() : Object.values(value)) freeze(one, depth + 1);
  return value instanceof Map ? value : Object.freeze(value);
};

/** What shape inference says about the outputs is true, and it knows them wherever it knew the original's. */
const checkTypes = (model: Model, after: Model, results: readonly RunResult[]): void => {
  const before = inferFacts(model, { useStated: false });
  const facts = inferFacts(after, { useStated: false });
  for (const { outputs } of results)
    for (const [name, value] of Object.entries(outputs)) {
      const fact = facts.get(name);
      if (fact?.dtype) expect(fact.dtype, name).toBe(value.dtype);
      if (fact?.dims)
        expect(fact.dims.map((dim, i) => (typeof dim === 'number' ? dim : value.dims[i]))).toEqual(value.dims);
      const open = (dims: readonly unknown[] | null | undefined): number | null =>
        dims ? dims.filter((dim) => dim === null).length : null;
      const was = before.get(name);
      if (was?.dtype) expect(fact?.dtype, `the type of ${name} is still known`).toBe(was.dtype);
      if (was?.dims) expect(open(fact?.dims), `the shape of ${name} is still known`).toBe(open(was.dims));
    }
};

/** Every promise that a technique makes by being one, on one model with one set of options. */
const verify = async (
  technique: Technique,
  sample: Sample,
  raw: Readonly<Record<string, unknown>>,
  earlier: Model,
  /** Do it twice and compare. */
  again: boolean,
  apply: () => Promise<TechniqueResult>,
): Promise<void> => {
  const options = parseOptions(technique.id, technique.options, raw);
  const model = freeze(sample.model);
  const before = await encode(model);
  // The engine refuses in a technique's place where it would have nothing to learn from.
  if (technique.needs.training && learningFor(sample) === null) return;
  const refusal = technique.check(model, options);
  if (refusal) {
    expect(refusal.reason).toMatch(/\w+ \w+/);
    return;
  }
  const first = await apply();
  const second = again ? await technique.apply(model, options, contextFor(sample, earlier)) : first;
  expect(await encode(model), 'the input stays as it was').toEqual(before);
  expect(await encode(first.model), 'the same seed gives the same bytes').toEqual(await encode(second.model));
  expect(first.changes.length + first.skipped.length, 'says what it did or why not').toBeGreaterThan(0);
  for (const { reason } of first.skipped) expect(reason).not.toBe('');
  for (const { what } of first.changes) expect(what).not.toBe('');
  if (first.changes.length === 0) {
    expect(await encode(first.model), 'nothing changed without a word').toEqual(before);
    return;
  }
  expect(checkModel(first.model), printText(first.model)).toEqual(checkModel(model));
  expect(first.model.graph.inputs.map((one) => one.name)).toEqual(model.graph.inputs.map((one) => one.name));
  expect(first.model.graph.outputs.map((one) => one.name)).toEqual(model.graph.outputs.map((one) => one.name));
  const expected = await original(sample);
  const actual = await runAll(first.model, sample);
  const { relativeError } = compareOutputs(expected, actual);
  checkTypes(model, first.model, actual);
  expect(relativeError, printText(first.model)).toBeLessThanOrEqual(technique.tolerance(options) ?? Number.MAX_VALUE);
};

interface Also {
  readonly more?: readonly Sample[];
  readonly rich?: readonly Sample[];
  /** What the chain began with, for techniques that mend what earlier ones did; the sample itself where nothing is said. */
  readonly original?: (sample: Sample) => Model;
  /** Samples on which the same is done twice and compared; in the deep suite it is all of them. */
  readonly twice?: (sample: Sample) => boolean;
}

/** The promises of these techniques as tests, on these samples too; with all options on the rich ones. */
export const promises = (
  techniques: readonly Technique[],
  {
    more = [],
    rich = samples.filter(({ name }) => name === 'transformer block'),
    original: earlier = ({ model }) => model,
    twice = () => true,
  }: Also = {},
): void => {
  describe.each(techniques)('$id', (technique) => {
    const applied = (sample: Sample, raw: Readonly<Record<string, unknown>>): Promise<TechniqueResult> =>
      technique.apply(
        sample.model,
        parseOptions(technique.id, technique.options, raw),
        contextFor(sample, earlier(sample)),
      );
    // With its defaults, on each sample: several tests look at the same result.
    const usual = new Map<string, Promise<TechniqueResult>>();
    const asUsual = (sample: Sample): Promise<TechniqueResult> => {
      const known = usual.get(sample.name) ?? applied(sample, {});
      usual.set(sample.name, known);
      return known;
    };

    test.each([...samples, ...more])('keeps its promises on: $name', (sample) =>
      verify(technique, sample, {}, earlier(sample), deep || twice(sample), () => asUsual(sample)),
    );

    const sets = optionSets(technique.options, deep);
    test.each(sets)('keeps its promises with $label', async ({ options }) => {
      for (const sample of rich)
        await verify(technique, sample, options, earlier(sample), deep, () => applied(sample, options));
    });

    test('cancels at once', async () => {
      const options = parseOptions(technique.id, technique.options, {});
      for (const sample of rich) {
        if (technique.needs.training && learningFor(sample) === null) continue;
        if (technique.check(sample.model, options)) continue;
        const start = workedMs();
        await expect(
          technique.apply(sample.model, options, contextFor(sample, earlier(sample), AbortSignal.abort())),
        ).rejects.toThrow();
        expect(workedMs() - start).toBeLessThan(1_000);
      }
    });

    test('does its work on one of the samples at least', async () => {
      const options = parseOptions(technique.id, technique.options, {});
      let changes = 0;
      for (const sample of [...samples, ...more]) {
        if (technique.needs.training && learningFor(sample) === null) continue;
        if (changes > 0 || technique.check(sample.model, options)) continue;
        changes += (await asUsual(sample)).changes.length;
      }
      expect(changes).toBeGreaterThan(0);
    });

    test('describes itself', () => {
      expect(technique.id).toMatch(/^[a-z0-9]+\/[a-z0-9-]+$/);
      expect(technique.summary.split(' ').length).toBeGreaterThan(15);
      expect(technique.source).not.toBe('');
      for (const option of Object.values(technique.options)) expect(option.description).toMatch(/\.$/);
    });
  });
};
