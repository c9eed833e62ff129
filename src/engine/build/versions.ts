import { join } from 'node:path';
import type { BuildRecord, Chain, Digest } from '../../contracts/index.ts';
import { beginning } from './beginnings.ts';
import { buildChain } from './build.ts';
import { techniqueOf } from './techniques.ts';
import { throwIfCancelled } from '../run/context.ts';
import { buildKey } from '../run/keys.ts';
import { recallBuild } from './recall-build.ts';
import type { Run, Weighed } from '../run/run.ts';
import { builtDigest, companionsOf, materialize, subjectOf, type Built } from '../run/subject.ts';
import type { Version, Workshop } from '../run/workshop.ts';

export type { Version, Workshop } from '../run/workshop.ts';

/** The key under which a chain's build is recorded. */
export const buildKeyOf = ({ run, runtime, instructionSets }: Workshop, chain: Chain): Digest =>
  buildKey({
    source: run.found.digest,
    chain,
    techniques: chain.steps.map(({ technique }) => techniqueOf(technique)),
    calibration: run.data.calibration?.digest ?? null,
    learning: run.context.learning?.digest ?? null,
    task: run.task.fingerprint,
    session: { ...run.session, ...chain.session },
    runtime,
    instructionSets,
    seed: run.scenario.seed,
  });

/** Build one chain, or remember how that went before. */
export const buildOutcome = async (workshop: Workshop, chain: Chain): Promise<BuildRecord['outcome']> => {
  const { run, inputs, original, instructionSets, compared } = workshop;
  const { store, context, found } = run;
  const { outcome: known, key } = await recallBuild(workshop, chain, buildKeyOf(workshop, chain));
  if (known !== null) return known;
  const started = context.now();
  const source = { modelPath: found.folder.modelPath, session: run.session, inputs, original, encode: run.encode };
  const from = await beginning(workshop, chain);
  const outcome = await buildChain(chain, source, store, join(run.folder, 'work'), context, from);
  await store.append({
    kind: 'build',
    key,
    at: new Date().toISOString(),
    seconds: (context.now() - started) / 1000,
    chain,
    source: found.digest,
    instructionSets,
    compared,
    ...(from.begun === null ? {} : { begun: { steps: from.begun.steps.length, seconds: from.begun.seconds } }),
    outcome,
  });
  if (outcome.kind === 'built') await from.whole(outcome);
  return outcome;
};

/** Build one chain, or remember how that went before. A refused or failed chain stays in the records with its reason; answers null. */
export const buildOne = async (workshop: Workshop, chain: Chain): Promise<Version | null> => {
  const outcome = await buildOutcome(workshop, chain);
  if (outcome.kind === 'built') return { chain, built: outcome };
  workshop.run.context.log('info', `${chain.id}: ${whyNot(outcome)}`);
  return null;
};

/** Why a chain was not built, in words. */
export const whyNot = (outcome: Exclude<BuildRecord['outcome'], Built>): string =>
  outcome.kind === 'refused' ? outcome.refusal.reason : outcome.message;

/** Build what is not built yet, in the order of the list. */
export const buildAll = async (workshop: Workshop, chains: readonly Chain[]): Promise<readonly Version[]> => {
  const { context } = workshop.run;
  const built: Version[] = [];
  for (const [done, chain] of chains.entries()) {
    throwIfCancelled(context.signal);
    context.progress({ label: 'building versions', done, total: chains.length, detail: chain.id });
    const version = await buildOne(workshop, chain);
    if (version !== null) built.push(version);
  }
  return built;
};

/** Lay versions out in the run's folder, ready to be weighed. The folder's name comes from the version's digest: the same version is
 *  laid out once, whoever asks. */
export const subjectsOf = async (run: Run, versions: readonly Version[]): Promise<readonly Weighed[]> => {
  const weighed: Weighed[] = [];
  for (const { chain, built } of versions) {
    const digest = builtDigest(built);
    const path = await materialize(built, run.store, join(run.folder, 'versions', digest.slice(-12)));
    const folder = join(path, '..');
    const files = built.files.map(({ name, sizeBytes }) => ({ path: join(folder, name), sizeBytes }));
    const companions = await companionsOf(built, run.store);
    const task = companions.size === 0 ? undefined : (await run.encode(companions)).task;
    const subject = subjectOf(chain.id, digest, files, built.sessionOptions, run.context, task);
    weighed.push({ subject, built, chain });
  }
  return weighed;
};
