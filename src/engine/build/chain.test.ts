import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { ChainStep, Context, Learning, LearningRows } from '../../contracts/index.ts';
import { checkModel } from '../../model/onnx/index.ts';
import { learningFor, wideSample } from '../../optimize/testing/learning.ts';
import { seeded } from '../../statistics/index.ts';
import { applyChain } from './chain.ts';
import { createContext } from '../run/context.ts';

const workFolder = mkdtempSync(join(tmpdir(), 'steelyard-chain-'));
afterAll(() => rmSync(workFolder, { recursive: true, force: true }));

/** Unlabelled: the original is what there is to learn. */
const learning = ((): Learning => {
  const labelled = learningFor(wideSample)!;
  const without = (rows: LearningRows): LearningRows => ({ ...rows, label: () => null });
  return { ...labelled, train: without(labelled.train), validation: without(labelled.validation) };
})();

const context = (): Context =>
  createContext({
    seed: 1,
    workFolder,
    learning,
    calibration: async function* calibration() {
      for (let i = 0; i < 8; i++) yield wideSample.feeds(seeded(i, 'calibration'));
    },
  });

const step = (technique: string, options: Readonly<Record<string, unknown>> = {}): ChainStep => ({
  technique,
  options,
});
const student = step('distill/student', { epochs: 1, width: 32, layers: 2, batchSize: 8, threads: 1 });
const neurons = step('prune/structured', { neurons: 0.5 });
const lowRank = step('factorize/low-rank', { ratio: 0.5 });
const int8 = step('quantize/dynamic');

const chains: readonly (readonly ChainStep[])[] = [
  [student, step('trim/vocabulary', { size: 60 }), int8, step('quantize/embedding', { minValues: 1 })],
  [student, int8, step('exit/cascade', { risk: 0.12, confidence: 0.5, leastKept: 0 })],
  [
    neurons,
    lowRank,
    step('distill/recover', { epochs: 4, learningRate: 3e-4, batchSize: 8 }),
    step('quantize/blockwise'),
  ],
  [step('prune/layers', { keep: 0.7 }), step('recover/ridge'), step('quantize/static')],
  [lowRank, step('prune/unstructured', { sparsity: 0.5 }), step('quantize/codebook')],
  [
    step('trim/positions', { length: 16 }),
    neurons,
    step('quantize/aware', { epochs: 1 }),
    step('quantize/embedding', { minValues: 1 }),
  ],
  [step('quantize/embedding', { minValues: 1 }), step('trim/vocabulary', { size: 60 }), int8],
];

const named = (steps: readonly ChainStep[]): string => steps.map(({ technique }) => technique).join(' → ');

describe('families compose', () => {
  test.each(chains.map((steps) => [named(steps), steps] as const))('%s', async (_, steps) => {
    const world = context();
    const result = await applyChain(wideSample.model, { id: 'chain', steps, session: {} }, world);
    if (result.kind !== 'model') throw new Error(`${result.technique}: ${result.refusal.reason}`);
    expect(result.steps.map(({ technique }) => technique)).toEqual(steps.map(({ technique }) => technique));
    expect(checkModel(result.model).filter(({ severity }) => severity === 'error')).toEqual([]);
    const session = await world.open(result.model, { config: result.config });
    try {
      for (const round of [1, 2]) {
        const { outputs } = await session.run(wideSample.feeds(seeded(round, 'inputs')));
        const scores = outputs['logits']!;
        expect(scores.dims).toEqual([3, 3]);
        expect((scores.data as Float32Array).every(Number.isFinite)).toBe(true);
      }
    } finally {
      await session.close();
    }
  });
});

test('a chain in an order that cannot work is refused with the reason', async () => {
  const steps = [int8, neurons];
  expect(await applyChain(wideSample.model, { id: 'late', steps, session: {} }, context())).toEqual({
    kind: 'refused',
    technique: 'prune/structured',
    refusal: { reason: expect.stringContaining('it comes after quantize/dynamic') as string, nodes: [] },
  });
});

test('the steps that were built before are not taken again', async () => {
  const world = context();
  const chain = { id: 'chain', steps: [neurons, int8], session: {} };
  const first = await applyChain(wideSample.model, { ...chain, steps: [neurons] }, world);
  if (first.kind !== 'model') throw new Error('refused');
  const whole = await applyChain(wideSample.model, chain, world);
  const rest = await applyChain(wideSample.model, chain, world, undefined, first);
  if (whole.kind !== 'model' || rest.kind !== 'model') throw new Error('refused');
  expect(rest.steps).toEqual(whole.steps);
  expect(rest.tolerance).toBeNull();
  expect(rest.model.graph.nodes).toEqual(whole.model.graph.nodes);
});

test('without examples to learn from, and without calibration data, the engine refuses in the place of the technique', async () => {
  const bare = createContext({ seed: 1, workFolder });
  const of = async (one: ChainStep) => {
    const result = await applyChain(wideSample.model, { id: 'one', steps: [one], session: {} }, bare);
    return result.kind === 'refused' ? result.refusal.reason : result.kind;
  };
  expect(await of(student)).toContain('examples to learn from');
  expect(await of(step('quantize/static'))).toContain('calibration data');
});

test('two steps of one technique keep their checkpoints apart', async () => {
  const asked: string[] = [];
  const world: Context = { ...context(), checkpoints: (name) => (asked.push(name), null) };
  const recover = step('distill/recover', { epochs: 2, learningRate: 3e-4, batchSize: 8, threads: 1 });
  const steps = [neurons, recover, lowRank, recover];
  const result = await applyChain(wideSample.model, { id: 'chain', steps, session: {} }, world);
  expect(result.kind).toBe('model');
  expect(asked).toEqual(['step-2-distill-recover', 'step-4-distill-recover']);
});
