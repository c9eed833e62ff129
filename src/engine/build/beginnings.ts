import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  isSteelyardError,
  type Chain,
  type Digest,
  type NamedFile,
  type Store,
  type StepRecord,
} from '../../contracts/index.ts';
import { graphsOf } from '../../model/graph/index.ts';
import { decodeFile, encodeFile } from '../../model/onnx/index.ts';
import { bitsOf, elementCount } from '../../model/tensor/index.ts';
import { artifactsOf } from '../../records/index.ts';
import { toleranceOf, type Begun, type GoingOn } from './chain.ts';
import { techniqueOf } from './techniques.ts';
import { stepKey } from '../run/keys.ts';
import { companionsOf, materialize, versionDigest, type Built } from '../run/subject.ts';
import type { Workshop } from '../run/workshop.ts';

/** Where a build goes on from, and what it leaves for others. */
export interface Beginning extends GoingOn {
  readonly begun: (Begun & { readonly seconds: number }) | null;
  /** Hears that the whole chain was built: other runtime settings and longer chains go on from its files. */
  whole(built: Built): Promise<void>;
}

/** Work worth keeping, beside what keeping it costs. */
const leastSeconds = 0.5;
/** A model is written once and read by every chain that goes on from it: bytes a second of both together. */
const keepingBytesPerSecond = 200e6;

const pays = (seconds: number, bytes: number): boolean => seconds >= leastSeconds + bytes / keepingBytesPerSecond;

const sizeOf = ({ model }: Begun): number => {
  let bytes = 0;
  for (const { initializers } of graphsOf(model))
    for (const { dtype, dims } of initializers.values())
      if (dtype !== 'string') bytes += (elementCount(dims) * bitsOf(dtype)) / 8;
  return bytes;
};

/** The key of the model after the first `count` steps of a chain. How it will run does not change it. */
const keyOf = ({ run, runtime, instructionSets }: Workshop, chain: Chain, count: number): Digest => {
  const steps = chain.steps.slice(0, count);
  return stepKey({
    source: run.found.digest,
    chain: { ...chain, steps },
    techniques: steps.map(({ technique }) => techniqueOf(technique)),
    calibration: run.data.calibration?.digest ?? null,
    learning: run.context.learning?.digest ?? null,
    task: run.task.fingerprint,
    session: run.session,
    runtime,
    instructionSets,
    seed: run.scenario.seed,
  });
};

const openStep = async (record: StepRecord, { run }: Workshop): Promise<Begun & { readonly seconds: number }> => {
  const { files, companions = [], steps, config, seconds } = record;
  const folder = join(run.folder, 'work', 'begun', versionDigest([...files, ...companions]).slice(-12));
  return {
    model: await decodeFile(await materialize(record, run.store, folder)),
    steps,
    tolerance: toleranceOf(steps),
    companions: await companionsOf(record, run.store),
    config,
    seconds,
  };
};

/** The longest beginning of a chain that this run, or another one behind its store, has kept; null: none. */
export const longestBegun = async (workshop: Workshop, chain: Chain): Promise<Beginning['begun']> => {
  for (let count = chain.steps.length; count > 0; count--) {
    const known = await workshop.run.store.find(keyOf(workshop, chain, count));
    if (known?.kind !== 'step') continue;
    try {
      return await openStep(known, workshop);
    } catch (error) {
      // Its files were only kept while the run went on, or are damaged: a shorter beginning does, and this one is made again.
      if (!isSteelyardError(error) || (error.code !== 'store/missing' && error.code !== 'store/corrupt')) throw error;
    }
  }
  return null;
};

/** Begin a chain where earlier builds got to, and keep every model on the way that would cost more to make again than to keep, so that
 *  what chains share is made once. A model read back gives the same bytes as the one in memory.
 *  Errors: those of the store and of writing a model. */
export const beginning = async (workshop: Workshop, chain: Chain): Promise<Beginning> => {
  const { run } = workshop;
  const { store, context, found } = run;
  const begun = await longestBegun(workshop, chain);
  let since = context.now();
  let total = begun?.seconds ?? 0;
  let unkept = 0;
  let config: Begun['config'] = {};

  const record = async (state: Pick<StepRecord, 'steps' | 'config' | 'files' | 'companions'>): Promise<void> => {
    await store.append({
      kind: 'step',
      key: keyOf(workshop, chain, state.steps.length),
      at: new Date().toISOString(),
      seconds: total,
      source: found.digest,
      ...state,
    });
    unkept = 0;
  };

  const keep = async ({ model, steps, config, companions }: Begun): Promise<void> => {
    await mkdir(join(run.folder, 'work'), { recursive: true });
    const folder = await mkdtemp(join(run.folder, 'work', 'step-'));
    try {
      const written = await encodeFile(model, join(folder, 'model.onnx'));
      const files: NamedFile[] = [];
      for (const file of written.files)
        files.push({ ...file, digest: await store.put({ path: join(folder, file.name), still: true }) });
      const beside: NamedFile[] = [];
      for (const [name, bytes] of companions)
        beside.push({ name, digest: await store.put(bytes), sizeBytes: bytes.length });
      await record({ steps, config, files, ...(beside.length === 0 ? {} : { companions: beside }) });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };

  return {
    begun,
    async after(state, last) {
      const took = (context.now() - since) / 1000;
      total += took;
      unkept += took;
      config = state.config;
      if (!last && pays(unkept, sizeOf(state))) await keep(state);
      since = context.now();
    },
    async whole({ steps, files, companions }) {
      // Its files are there anyway.
      if (pays(unkept, 0)) await record({ steps, config, files, ...(companions === undefined ? {} : { companions }) });
    },
  };
};

/** When a run has built everything: drop the models that were only kept for other chains. The cache, where there is one, has them. */
export const dropBeginnings = async (store: Store): Promise<void> => {
  const between = new Set<Digest>();
  const needed = new Set<Digest>();
  for await (const record of store.records())
    for (const digest of artifactsOf(record)) (record.kind === 'step' ? between : needed).add(digest);
  for (const digest of between) if (!needed.has(digest)) await store.drop(digest);
};
