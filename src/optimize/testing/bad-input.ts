import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { isSteelyardError, parseOptions } from '../../contracts/index.ts';
import type { Context, Model, RunResult, Technique, TechniqueResult, Value } from '../../contracts/index.ts';
import { createContext } from '../../engine/run/context.ts';
import { deep } from '../../testing/deep.ts';
import { printText } from '../../model/graph/index.ts';
import { checkModel, encode } from '../../model/onnx/index.ts';
import type { BadInput } from './bad-models.ts';

const workFolder = mkdtempSync(join(tmpdir(), 'steelyard-bad-input-'));
afterAll(() => rmSync(workFolder, { recursive: true, force: true }));

const contextFor = ({ model, calibration }: BadInput): Context => ({
  ...createContext({
    seed: 7,
    workFolder,
    calibration:
      calibration &&
      async function* batches() {
        yield* calibration;
      },
  }),
  original: model,
});

const runAll = async (input: BadInput, model: Model, config: TechniqueResult['config'] = {}): Promise<RunResult[]> => {
  const session = await contextFor(input).open(model, { config });
  try {
    const results: RunResult[] = [];
    for (const feeds of input.feeds ?? []) results.push(await session.run(feeds));
    return results;
  } finally {
    await session.close();
  }
};

const originals = new Map<BadInput, Promise<RunResult[]>>();
const original = (input: BadInput): Promise<RunResult[]> => {
  const known = originals.get(input) ?? runAll(input, input.model);
  originals.set(input, known);
  return known;
};

const floats = ({ dtype, data }: Value): Float32Array | null => (dtype === 'float32' ? (data as Float32Array) : null);

/** ‖y − y′‖₂ / ‖y‖₂ where the original answers with finite numbers; infinity where the other does not. Shapes and types agree. */
const distance = (expected: readonly RunResult[], actual: readonly RunResult[]): number => {
  let error = 0;
  let size = 0;
  for (const [round, { outputs }] of expected.entries())
    for (const [name, value] of Object.entries(outputs)) {
      const other = actual[round]!.outputs[name]!;
      expect([other.dtype, ...other.dims], name).toEqual([value.dtype, ...value.dims]);
      const [a, b] = [floats(value), floats(other)];
      if (a === null || b === null) continue;
      for (let i = 0; i < a.length; i++) {
        if (!Number.isFinite(a[i]!)) continue;
        if (!Number.isFinite(b[i]!)) return Number.POSITIVE_INFINITY;
        error += (a[i]! - b[i]!) ** 2;
        size += a[i]! ** 2;
      }
    }
  // Of numbers below the normal ones a runtime may make zeros.
  return Math.sqrt(error) < 1e-30 ? 0 : Math.sqrt(error / size);
};

/** What comes of a technique on such input: a reason, a coded error where nothing else is possible, or a model that answers alike. */
export const endure = async (
  technique: Technique,
  input: BadInput,
  raw: Readonly<Record<string, unknown>> = {},
): Promise<string> => {
  const { model } = input;
  const options = parseOptions(technique.id, technique.options, raw);
  const refusal = technique.check(model, options);
  if (refusal !== null) {
    expect(refusal.reason).toMatch(/\w+ \w+/);
    return refusal.reason;
  }
  const before = await encode(model);
  let result: TechniqueResult;
  try {
    result = await technique.apply(model, options, contextFor(input));
  } catch (error) {
    if (!isSteelyardError(error)) throw error;
    expect(error.code, error.message).toMatch(/^(optimize|runtime|model|session|data)\//);
    expect(error.code, error.message).not.toBe('runtime/crashed');
    expect(input.mayFail, `${error.code}: ${error.message}`).toBe(true);
    return error.code;
  }
  expect(await encode(model), 'the input stays as it was').toEqual(before);
  for (const { reason } of result.skipped) expect(reason).toMatch(/\w+ \w+/);
  if (result.changes.length === 0) {
    expect(result.skipped.length, 'nothing changed without a word').toBeGreaterThan(0);
    expect(await encode(result.model)).toEqual(before);
    return result.skipped[0]!.reason;
  }
  const known = new Set(checkModel(model).map(({ what }) => what.replace(/version \d+/g, 'version')));
  expect(
    checkModel(result.model).filter(({ what }) => !known.has(what.replace(/version \d+/g, 'version'))),
    printText(result.model),
  ).toEqual([]);
  if (input.feeds === null) return 'changed';
  const far = distance(await original(input), await runAll(input, result.model, result.config));
  expect(far, `${JSON.stringify(result.changes)}\n${printText(result.model)}`).toBeLessThanOrEqual(
    (input.rough === true ? null : technique.tolerance(options)) ?? Number.MAX_VALUE,
  );
  return 'equal';
};

/** A technique with options that take other ways through it. */
export type Way = readonly [technique: Technique, raw: Readonly<Record<string, unknown>>];

/** Each technique on each of these inputs as tests; in the daily run one pair out of so many, another of each input for every technique. */
export const endures = (ways: readonly Way[], inputs: readonly BadInput[], daily: number): void => {
  describe.each(ways.map(([technique, raw], at) => ({ technique, raw, at, id: technique.id })))(
    '$id $raw',
    ({ technique, raw, at }) => {
      const chosen = deep ? inputs : inputs.filter((_, index) => (index + 5 * at) % daily === 0);
      test.each(chosen.map((input) => ({ input, toString: () => input.name })))('on %s', async ({ input }) => {
        const outcome = await endure(technique, input, raw);
        if (input.empty === true && technique.needs.calibration === 'required')
          expect(['changed', 'equal']).not.toContain(outcome);
      });
    },
  );
};
