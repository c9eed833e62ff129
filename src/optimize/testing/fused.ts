import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import type { Feeds, Model, RunResult, Technique, TechniqueResult, Value, ValueInfo } from '../../contracts/index.ts';
import { createContext } from '../../engine/run/context.ts';
import { checkModel, decodeFile } from '../../model/onnx/index.ts';
import { printLine } from '../../model/graph/index.ts';
import { elementCount } from '../../model/tensor/index.ts';
import { seeded } from '../../statistics/index.ts';
import { sharedOrSkip } from '../../testing/shared.ts';
import { compareOutputs } from './compare.ts';
import { filled } from './models.ts';

const world = async () => {
  const workFolder = await mkdtemp(join(tmpdir(), 'steelyard-fuse-'));
  onTestFinished(() => rm(workFolder, { recursive: true, force: true }));
  return createContext({ seed: 1, workFolder });
};

export interface Fused extends TechniqueResult {
  readonly before: Model;
  /** The result on one line. */
  readonly text: string;
  /** Operators of the result with their counts. */
  readonly operators: Readonly<Record<string, number>>;
  readonly tolerance: number;
}

/** A technique at work on a model, or on the text of one; weights written `{...}` are filled by a seed. */
export const fused = async (
  technique: Technique,
  subject: Model | string,
  raw: Readonly<Record<string, unknown>> = {},
): Promise<Fused> => {
  const before = typeof subject === 'string' ? filled(subject) : subject;
  const options = parseOptions(technique.id, technique.options, raw);
  const refusal = technique.check(before, options);
  const result = refusal
    ? { model: before, changes: [], skipped: [refusal] }
    : await technique.apply(before, options, await world());
  const operators: Record<string, number> = {};
  for (const { op } of result.model.graph.nodes) operators[op] = (operators[op] ?? 0) + 1;
  return {
    ...result,
    before,
    text: printLine(result.model),
    operators,
    tolerance: technique.tolerance(options) ?? Number.POSITIVE_INFINITY,
  };
};

/** Normal floats (float16: from 0.5 to 1), integers of 0 and 1; open sizes get `open`. */
const valueFor = ({ name, type }: ValueInfo, open: number, round: number): Value => {
  if (type?.kind !== 'tensor') throw new Error(`${name} is no tensor`);
  const dims = (type.dims ?? [open]).map((dim) => (typeof dim === 'number' && dim >= 0 ? dim : open));
  const length = elementCount(dims);
  const random = seeded(round, name);
  const make = <T>(one: () => T): T[] => Array.from({ length }, one);
  switch (type.dtype) {
    case 'float32':
      return { dtype: 'float32', dims, data: Float32Array.from(make(() => random.normal())) };
    case 'float16':
      return { dtype: 'float16', dims, data: Uint16Array.from(make(() => 0x3800 + random.integer(0x400))) };
    case 'int64':
      return { dtype: 'int64', dims, data: BigInt64Array.from(make(() => BigInt(random.integer(2)))) };
    case 'int32':
      return { dtype: 'int32', dims, data: Int32Array.from(make(() => random.integer(2))) };
    case 'bool':
      return { dtype: 'bool', dims, data: Uint8Array.from(make(() => random.integer(2))) };
    default:
      throw new Error(`no values of ${type.dtype} here`);
  }
};

/** How far a result's answers are from those of the model before, in real sessions; the original runs as it is written, with
 *  ONNX Runtime's basic optimizations where it must be rid of what is random, or with all of them as the result does. The result must also check as valid as the original and be answered within the technique's tolerance for `error` to be of use.
 *  Units: ‖y − y′‖₂ / ‖y‖₂. */
export const answersApart = async (
  { before, model }: Pick<Fused, 'before' | 'model'>,
  open = 3,
  level: 'disabled' | 'basic' | 'all' = 'disabled',
): Promise<number> => {
  const known = checkModel(before).map(({ where, what }) => `${where} ${what}`);
  const found = checkModel(model).filter(({ where, what }) => !known.includes(`${where} ${what}`));
  if (found.length > 0) throw new Error(`invalid: ${JSON.stringify(found)}`);
  const context = await world();
  const asked = before.graph.inputs.filter(({ name }) => !before.graph.initializers.has(name));
  const feeds: Feeds[] = [1, 2].map((round) =>
    Object.fromEntries(asked.map((one) => [one.name, valueFor(one, open, round)])),
  );
  const results: RunResult[][] = [];
  for (const one of [before, model]) {
    const session = await context.open(one, { graphOptimization: one === before ? level : 'all' });
    try {
      const runs: RunResult[] = [];
      for (const feed of feeds) runs.push(await session.run(feed));
      results.push(runs);
    } finally {
      await session.close();
    }
  }
  return compareOutputs(results[0] ?? [], results[1] ?? []).relativeError;
};

/** A real file of the fusion corpus; null, with a word on stderr, where it is absent. */
export const fusionFile = async (...parts: readonly string[]): Promise<Model | null> => {
  const path = sharedOrSkip('fusion', 'conformance', 'onnxruntime-testdata-2020', 'testdata', 'transform', ...parts);
  return path === null ? null : decodeFile(path);
};
