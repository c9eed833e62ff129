import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseOptions, type ChainStep, type Context, type Model } from '../../contracts/index.ts';
import { decodeFile, encode, encodeFile } from '../../model/onnx/index.ts';
import { techniques } from '../../optimize/index.ts';
import { learningFor, wideSample } from '../../optimize/testing/learning.ts';
import { samples, type Sample } from '../../optimize/testing/models.ts';
import { digestOfBytes } from '../../records/index.ts';
import { seeded } from '../../statistics/index.ts';
import { applyChain, type Begun } from './chain.ts';
import { createContext } from '../run/context.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steelyard-same-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const contextOf = (sample: Sample): Context =>
  createContext({
    seed: 1,
    workFolder: folder,
    learning: learningFor(sample),
    calibration: async function* calibration() {
      for (let i = 0; i < 2; i++) yield sample.feeds(seeded(i, 'calibration'));
    },
  });

/** What short training is for each technique that trains. */
const brief: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'distill/student': { epochs: 1, width: 32, layers: 2, batchSize: 8, threads: 1 },
  'distill/recover': { epochs: 1, batchSize: 8 },
  'quantize/aware': { epochs: 1 },
  'exit/cascade': { risk: 0.12, confidence: 0.5, leastKept: 0 },
};

/** What must have happened before there is anything to do. */
const before: Readonly<Record<string, readonly string[]>> = {
  'distill/recover': ['prune/structured'],
  'recover/ridge': ['prune/layers'],
  'exit/cascade': ['distill/student'],
};

/** Needs a model of its own: its exits are trained on it (see its test). */
const apart = new Set(['exit/early']);

const steps = (...ids: readonly string[]): readonly ChainStep[] =>
  ids.map((technique) => ({ technique, options: brief[technique] ?? {} }));

/** What may come after: rewrites that read constants and attributes, and every way to store weights. */
const followers = [
  'fuse/constant-folding',
  'fuse/deduplicate',
  'quantize/embedding',
  'quantize/dynamic',
  'quantize/float16-storage',
];

const digestOf = async (model: Model): Promise<string> => digestOfBytes(await encode(model));

let files = 0;
const readBack = async (state: Begun, externalData: 'never' | 'always'): Promise<Begun> => {
  const path = join(folder, `${files++}.onnx`);
  await encodeFile(state.model, path, { externalData });
  return { ...state, model: await decodeFile(path) };
};

/** The first sample that a technique changes, and what it makes of it. */
const firstState = async (id: string): Promise<{ sample: Sample; state: Begun } | null> => {
  for (const sample of [wideSample, ...samples]) {
    const technique = techniques.find((one) => one.id === id)!;
    if (
      before[id] === undefined &&
      technique.check(sample.model, parseOptions(id, technique.options, brief[id] ?? {})) !== null
    )
      continue;
    const chain = { id, steps: steps(...(before[id] ?? []), id), session: {} };
    const made = await applyChain(sample.model, chain, contextOf(sample));
    if (made.kind === 'model') return { sample, state: made };
  }
  return null;
};

test.each(techniques.map(({ id }) => id).filter((id) => !apart.has(id)))(
  'what follows %s is the same from a file as from memory',
  async (id) => {
    const first = await firstState(id);
    if (first === null) throw new Error(`${id} changes none of the samples`);
    const { sample, state } = first;
    const whole = await digestOf(state.model);
    const kept = [await readBack(state, 'never'), await readBack(state, 'always')];
    for (const one of kept) expect(await digestOf(one.model)).toBe(whole);
    for (const follower of followers) {
      const chain = { id: 'chain', steps: steps(...(before[id] ?? []), id, follower), session: {} };
      const go = (begun: Begun) => applyChain(sample.model, chain, contextOf(sample), undefined, begun);
      const expected = await go(state);
      for (const one of kept) {
        const actual = await go(one);
        expect(actual.kind).toBe(expected.kind);
        if (actual.kind === 'model' && expected.kind === 'model')
          expect(await digestOf(actual.model), follower).toBe(await digestOf(expected.model));
      }
    }
  },
);
