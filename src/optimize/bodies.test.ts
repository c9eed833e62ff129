import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseOptions } from '../contracts/index.ts';
import type { Context, Feeds, Model, RunResult, Technique } from '../contracts/index.ts';
import { graphsOf } from '../model/graph/index.ts';
import { checkModel, decodeFile } from '../model/onnx/index.ts';
import { sharedOrSkip } from '../testing/shared.ts';
import { opset } from './convert/opset.ts';
import { codebook } from './quantize/codebook.ts';
import { embedding } from './quantize/embedding.ts';
import { float16Storage } from './quantize/float16-storage.ts';
import { float16 } from './quantize/float16.ts';
import { compareOutputs } from './testing/compare.ts';
import { context } from './testing/quantized.ts';

const root = sharedOrSkip('techniques on models with bodies', 'models', 'silero-vad');

/** Speech, a window of it with what came before; a detector in the middle of its work has a state. */
const speech = (rate: 8000 | 16000, at: number): Feeds => {
  const wav = readFileSync(join(root ?? '', 'test.wav'));
  const size = rate === 16000 ? 576 : 288;
  const samples = Float32Array.from({ length: size }, (_, i) => wav.readInt16LE(44 + 2 * (at + i)) / 32768);
  const state = Float32Array.from({ length: 256 }, (_, i) => Math.sin(i) / 4);
  return {
    input: { dtype: 'float32', dims: [1, size], data: samples },
    state: { dtype: 'float32', dims: [2, 1, 128], data: state },
    sr: { dtype: 'int64', dims: [], data: BigInt64Array.of(BigInt(rate)) },
  };
};

const answers = async (world: Context, model: Model, rates: readonly (8000 | 16000)[]): Promise<RunResult[]> => {
  const session = await world.open(model);
  try {
    const results: RunResult[] = [];
    for (const rate of rates) for (const at of [20_000, 40_000]) results.push(await session.run(speech(rate, at)));
    return results;
  } finally {
    await session.close();
  }
};

const bytesOf = (model: Model, dtype: string): number =>
  graphsOf(model)
    .flatMap((graph) => [
      ...graph.initializers.values(),
      ...graph.nodes.flatMap(({ attributes: { value } }) => (value?.kind === 'tensor' ? [value.value] : [])),
    ])
    .reduce((sum, one) => sum + (one.dtype === dtype ? one.dims.reduce((a, b) => a * b, 1) : 0), 0);

const files: readonly (readonly [string, readonly (8000 | 16000)[]])[] = [
  ['silero_vad.onnx', [8000, 16000]],
  ['silero_vad_16k_op15.onnx', [16000]],
  ['silero_vad_op18_ifless.onnx', [8000, 16000]],
];

describe.skipIf(root === null).each(files)('%s', (file, rates) => {
  let known: Promise<RunResult[]> | null = null;
  const before = async (model: Model): Promise<RunResult[]> => (known ??= answers(await context(), model, rates));
  const cases: readonly (readonly [Technique, Readonly<Record<string, unknown>>])[] = [
    [opset as Technique, { target: '18' }],
    [opset as Technique, { target: '21' }],
    [opset as Technique, { target: '23' }],
    [float16Storage as Technique, {}],
    [float16 as Technique, {}],
    [embedding as Technique, { minValues: 1 }],
  ];
  test.each(cases.map(([technique, raw]) => ({ technique, raw, id: technique.id })))(
    '$id $raw: equal within its tolerance, or a reason',
    async ({ technique, raw }) => {
      const world = await context();
      const model = await decodeFile(join(root ?? '', file));
      const options = parseOptions(technique.id, technique.options, raw);
      const refusal = technique.check(model, options);
      if (refusal) {
        expect(refusal.reason).toMatch(/\w+ \w+ \w+/);
        return;
      }
      const result = await technique.apply(model, options, world);
      expect(result.changes.length + result.skipped.length).toBeGreaterThan(0);
      expect(checkModel(result.model).filter(({ severity }) => severity === 'error')).toEqual([]);
      const after = await answers(world, result.model, rates);
      expect(compareOutputs(await before(model), after).relativeError).toBeLessThanOrEqual(
        technique.tolerance(options)!,
      );
    },
  );

  test.runIf(rates.length === 1)('codebooks take the bits that speech needs', async () => {
    const world = await context(async function* () {
      for (const rate of rates) yield speech(rate, 20_000);
    });
    const model = await decodeFile(join(root ?? '', file));
    const options = parseOptions(codebook.id, codebook.options, {});
    const { model: small, changes, skipped } = await codebook.apply(model, options, world);
    // Four bits move the detector's answers by more than half; six do not.
    expect(skipped.some(({ reason }) => /^4 bits change the outputs by \d.*: 5 were taken/.test(reason))).toBe(true);
    expect(changes.length).toBeGreaterThan(5);
    const after = await answers(world, small, rates);
    expect(compareOutputs(await before(model), after).relativeError).toBeLessThanOrEqual(codebook.tolerance(options)!);
  });

  test('float16-storage halves the weights wherever they are', async () => {
    const model = await decodeFile(join(root ?? '', file));
    const { changes, ...result } = await float16Storage.apply(
      model,
      parseOptions('test', float16Storage.options, {}),
      await context(),
    );
    expect(changes.length).toBeGreaterThan(10);
    expect(bytesOf(result.model, 'float32')).toBeLessThan(0.01 * bytesOf(model, 'float32'));
    expect(bytesOf(result.model, 'float16')).toBeGreaterThan(0.99 * bytesOf(model, 'float32'));
  });
});
