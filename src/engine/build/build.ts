import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  SteelyardError,
  defaultSessionOptions,
  isSteelyardError,
  type BuildRecord,
  type Chain,
  type Context,
  type Feeds,
  type NamedFile,
  type Session,
  type SessionOptions,
  type Store,
} from '../../contracts/index.ts';
import { checkModel, decodeFile, encodeFile } from '../../model/onnx/index.ts';
import { variantFileName } from '../../model/write-folder.ts';
import { applyChain, suffixOf, type GoingOn } from './chain.ts';
import { throwIfCancelled } from '../run/context.ts';
import type { Companions, EncodingOf } from '../run/encoding.ts';
import { isOwnFault } from '../run/own-fault.ts';
import { verify, type Compared } from './verify.ts';

type Outcome = BuildRecord['outcome'];

/** What `build` needs to know about the original. */
export interface BuildSource {
  readonly modelPath: string;
  readonly session: Partial<SessionOptions>;
  readonly inputs: readonly Feeds[];
  readonly original: Session;
  /** Reads the data anew for versions that change the tokenizer; absent: such versions fail. */
  readonly encode?: EncodingOf;
}

/** The inputs that a version is compared with the original on, each as either of them reads it. */
const comparedInputs = async (
  { inputs, encode }: BuildSource,
  companions: Companions,
): Promise<readonly Compared[]> => {
  if (companions.size === 0) return inputs.map((feeds) => [feeds, feeds]);
  if (encode === undefined)
    throw new SteelyardError(
      'engine/companions',
      'the version reads its inputs with another tokenizer, and there is no data to read anew',
      'give data: --inputs on the command line, data in a scenario',
    );
  const own = await encode(companions);
  return own.inputs.map((feeds, at) => [inputs[at]!, feeds]);
};

/** Build one chain, or the rest of one whose first steps were taken before, into a folder: apply, check, encode, verify on real inputs, keep the files.
 *  Faults of the candidate become its outcome; cancellation, a full disk and bugs throw. */
export const buildChain = async (
  chain: Chain,
  source: BuildSource,
  store: Store,
  workFolder: string,
  context: Context,
  from?: GoingOn,
): Promise<Outcome> => {
  await mkdir(workFolder, { recursive: true });
  const folder = await mkdtemp(join(workFolder, 'build-'));
  try {
    const original = await decodeFile(source.modelPath);
    const applied = await applyChain(original, chain, context, source.encode, from?.begun ?? null, from?.after);
    if (applied.kind === 'refused') return applied;
    const problems = checkModel(applied.model).filter(({ severity }) => severity === 'error');
    if (problems.length > 0)
      throw new SteelyardError(
        'optimize/invalid',
        `the result is not a valid model: ${problems[0]!.where}: ${problems[0]!.what}`,
      );
    const path = join(folder, variantFileName(suffixOf(chain)));
    const { files } = await encodeFile(applied.model, path);
    const chosen: SessionOptions = { ...defaultSessionOptions, ...source.session, ...chain.session };
    const session: SessionOptions = { ...chosen, config: { ...applied.config, ...chosen.config } };
    const { companions, tolerance } = applied;
    const pairs = await comparedInputs(source, companions);
    const verification =
      pairs.length === 0 ? null : await verify(source.original, path, pairs, tolerance, session, context);
    if (verification !== null && tolerance !== null && !(verification.relativeError <= tolerance))
      throw new SteelyardError(
        'optimize/verification',
        `its outputs differ from the original’s by ${(verification.relativeError * 100).toPrecision(3)} % on the inputs that were compared, more than the ${(tolerance * 100).toPrecision(3)} % that its techniques state`,
      );
    const kept: NamedFile[] = [];
    for (const file of files)
      kept.push({ ...file, digest: await store.put({ path: join(folder, file.name), still: true }) });
    const beside: NamedFile[] = [];
    for (const [name, bytes] of companions)
      beside.push({ name, digest: await store.put(bytes), sizeBytes: bytes.length });
    return {
      kind: 'built',
      files: kept,
      ...(beside.length === 0 ? {} : { companions: beside }),
      sessionOptions: session,
      steps: applied.steps,
      verification,
    };
  } catch (error) {
    throwIfCancelled(context.signal);
    if (isSteelyardError(error) && isOwnFault(error))
      return { kind: 'failed', code: error.code, message: error.message };
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
