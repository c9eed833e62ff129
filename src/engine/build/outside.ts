import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { existsSync } from 'node:fs';
import type { Chain, Feeds } from '../../contracts/index.ts';
import { SteelyardError, isSteelyardError } from '../../contracts/index.ts';
import { digestOf } from '../../records/index.ts';
import type { ModelFolder } from '../../model/folder.ts';
import { findModel } from '../run/baseline.ts';
import { isOwnFault } from '../run/own-fault.ts';
import { throwIfCancelled } from '../run/context.ts';
import type { Companions } from '../run/encoding.ts';
import type { Run } from '../run/run.ts';
import { versionDigest, type Built } from '../run/subject.ts';
import { verify } from './verify.ts';

/** Versions made elsewhere may differ from the original by anything: nothing is promised, so nothing is refused for its size. */
const noTolerance = Number.POSITIVE_INFINITY;

/** A readable id that tells the given paths apart. */
const idOf = (path: string, all: readonly string[]): string => {
  const short = basename(path) || path;
  return all.filter((other) => basename(other) === short).length === 1 ? short : path;
};

/** Errors: `engine/candidate` when a path does not exist. */
export const checkCandidates = (paths: readonly string[], base: string): void => {
  const missing = paths.find((path) => !existsSync(resolve(base, path)));
  if (missing !== undefined)
    throw new SteelyardError(
      'engine/candidate',
      `the candidate ${missing} does not exist`,
      'give model folders or .onnx files',
    );
};

/** The tokenizer's files of a version made elsewhere, where they are not the original's: it reads its inputs with its own. */
const ownTokenizer = async (other: ModelFolder, original: ModelFolder): Promise<Companions> => {
  const companions = new Map<string, Uint8Array>();
  for (const [name, mine, theirs] of [
    ['tokenizer.json', other.tokenizerPath, original.tokenizerPath],
    ['tokenizer_config.json', other.tokenizerConfigPath, original.tokenizerConfigPath],
  ] as const) {
    if (mine === null) continue;
    const bytes = await readFile(mine);
    if (theirs === null || !bytes.equals(await readFile(theirs))) companions.set(name, bytes);
  }
  return companions;
};

/** Take versions made elsewhere onto the balance: checked, compared with the original on real inputs, kept as artifacts.
 *  A version that cannot be read or run stays in the records with its reason. */
export const outsideCandidates = async (
  paths: readonly string[],
  base: string,
  run: Run,
  inputs: readonly Feeds[],
): Promise<{ readonly chain: Chain; readonly built: Built }[]> => {
  const { store, context, found, session } = run;
  const taken: { chain: Chain; built: Built }[] = [];
  const original = await context.open(found.folder.modelPath, session, { shared: true });
  try {
    for (const [index, path] of paths.entries()) {
      throwIfCancelled(context.signal);
      const chain: Chain = { id: idOf(path, paths), steps: [], session: {} };
      context.progress({ label: 'reading versions', done: index, total: paths.length, detail: chain.id });
      const started = context.now();
      let outcome: Built | { readonly kind: 'failed'; readonly code: string; readonly message: string };
      let digest = digestOf(path);
      try {
        const other = await findModel(resolve(base, path));
        const companions = await ownTokenizer(other.folder, found.folder);
        const own = companions.size === 0 ? inputs : (await run.encode(companions)).inputs;
        const beside = [];
        for (const [name, bytes] of companions)
          beside.push({ name, digest: await store.put(bytes), sizeBytes: bytes.length });
        digest = versionDigest([...other.files, ...beside]);
        const verification =
          inputs.length === 0
            ? null
            : await verify(
                original,
                other.folder.modelPath,
                inputs.map((feeds, at) => [feeds, own[at]!]),
                noTolerance,
                session,
                context,
              );
        const files = [];
        for (const file of other.files)
          files.push({ name: file.name, sizeBytes: file.sizeBytes, digest: await store.put({ path: file.path }) });
        outcome = {
          kind: 'built',
          files,
          ...(beside.length === 0 ? {} : { companions: beside }),
          sessionOptions: session,
          steps: [],
          verification: verification === null ? null : { ...verification, tolerance: 0 },
        };
        taken.push({ chain, built: outcome });
      } catch (error) {
        throwIfCancelled(context.signal);
        if (!isSteelyardError(error) || !isOwnFault(error)) throw error;
        outcome = { kind: 'failed', code: error.code, message: error.message };
        context.log('warn', `${chain.id}: ${error.message}`);
      }
      const key = digestOf({
        kind: 'outside',
        source: found.digest,
        digest,
        id: chain.id,
        session,
        instructionSets: run.machine.instructionSets,
      });
      if ((await store.find(key)) === null)
        await store.append({
          kind: 'build',
          key,
          at: new Date().toISOString(),
          seconds: (context.now() - started) / 1000,
          chain,
          source: found.digest,
          outcome,
        });
    }
  } finally {
    await original.close();
  }
  return taken;
};
