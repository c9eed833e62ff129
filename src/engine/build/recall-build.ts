import { join } from 'node:path';
import type { BuildRecord, Chain, Digest, StoreRecord } from '../../contracts/index.ts';
import { digestOf } from '../../records/index.ts';
import { builtDigest, companionsOf, materialize } from '../run/subject.ts';
import { verify } from './verify.ts';
import type { Workshop } from '../run/workshop.ts';

type Outcome = BuildRecord['outcome'];

export interface Recalled {
  /** null: build it. */
  readonly outcome: Outcome | null;
  /** Under which key a new outcome belongs. */
  readonly key: Digest;
}

const same = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((one) => b.includes(one));

/** How a build went before, here or in another run. Files do not depend on the machine and are used again; what a comparison with the original
 *  said does, as integer kernels round differently on other instruction sets, and it does on the inputs: there a built version is compared
 *  again, and a failed one is built again. */
export const recallBuild = async (
  { run, inputs, original, instructionSets, compared }: Workshop,
  chain: Chain,
  key: Digest,
): Promise<Recalled> => {
  const { store, context } = run;
  // What another run made may have had another name there.
  const named = (record: StoreRecord): StoreRecord => (record.kind === 'build' ? { ...record, chain } : record);
  const first = await store.find(key, named);
  if (first?.kind !== 'build') return { outcome: null, key };
  const { outcome } = first;
  const sameSets = first.instructionSets === undefined || same(first.instructionSets, instructionSets);
  if (sameSets && (first.compared === undefined || first.compared === compared)) return { outcome, key };
  const here = digestOf({ kind: 'build elsewhere', key, instructionSets: [...instructionSets].sort(), compared });
  const again = await store.find(here, named);
  if (again?.kind === 'build') return { outcome: again.outcome, key: here };
  if (outcome.kind === 'refused') return { outcome, key };
  if (outcome.kind === 'failed') return { outcome: null, key: here };
  if (outcome.verification === null || inputs.length === 0) return { outcome, key };
  const started = context.now();
  const path = await materialize(outcome, store, join(run.folder, 'versions', builtDigest(outcome).slice(-12)));
  const { tolerance } = outcome.verification;
  const companions = await companionsOf(outcome, store);
  const own = companions.size === 0 ? inputs : (await run.encode(companions)).inputs;
  const pairs = inputs.map((feeds, at) => [feeds, own[at]!] as const);
  const verification = await verify(original, path, pairs, tolerance, outcome.sessionOptions, context);
  const verified: Outcome =
    tolerance === null || verification.relativeError <= tolerance
      ? { ...outcome, verification }
      : {
          kind: 'failed',
          code: 'optimize/verification',
          message: `here its outputs differ from the original’s by ${(verification.relativeError * 100).toPrecision(3)} % on the inputs that were compared, more than the ${(tolerance * 100).toPrecision(3)} % that its techniques state`,
        };
  await store.append({
    kind: 'build',
    key: here,
    at: new Date().toISOString(),
    seconds: (context.now() - started) / 1000,
    chain,
    source: run.found.digest,
    instructionSets,
    compared,
    outcome: verified,
  });
  return { outcome: verified, key: here };
};
