import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  SteelyardError,
  isSteelyardError,
  type Feeds,
  type Model,
  type SessionOptions,
} from '../../contracts/index.ts';
import { decodeFile } from '../../model/onnx/index.ts';
import { openProfiled, type SessionControl } from '../onnxruntime/index.ts';
import { readProfile, type KernelEvent } from './profile.ts';

export interface ProfiledRun {
  /** The graph that ONNX Runtime made of the model and ran; its weights lie in the folder that was given. */
  readonly optimized: Model;
  /** Path of that graph's file. */
  readonly optimizedPath: string;
  readonly events: readonly KernelEvent[];
  /** Runs that the events sum up. */
  readonly runs: number;
  /** Events that could not be read. */
  readonly unread: number;
}

export interface ProfileSettings {
  /** An empty folder for the optimized graph and the profile; as large as the model. The caller removes it. */
  readonly folder: string;
  readonly session: SessionOptions;
  /** Called one after another, around and around. */
  readonly feeds: readonly Feeds[];
  /** The inputs go around until this much time has passed; the first has its turn whatever that takes. */
  readonly seconds: number;
  /** The weights of the model, as float32, could come near 2 GiB: then they go into a file of their own. ONNX Runtime 1.30 writes weights
   *  of bodies twice when it does that. */
  readonly large: boolean;
  readonly control?: SessionControl;
}

/** The profiler of ONNX Runtime keeps at most a million events. */
const mostEvents = 900_000;
const mostRuns = 1_000;

/** Run a model with profiling on and read back what ran. One operator at a time: in parallel mode the order of events would say nothing.
 *  Errors: `runtime/…` of loading and running; `runtime/profile` when the runtime left no profile; `model/…` when the optimized graph cannot be read. */
export const profileRun = async (modelPath: string, settings: ProfileSettings): Promise<ProfiledRun> => {
  const { folder, feeds } = settings;
  if (feeds.length === 0) throw new SteelyardError('runtime/profile', 'there are no inputs to run the model on');
  const optimizedPath = join(folder, 'optimized.onnx');
  const session = await openProfiled(
    modelPath,
    { ...settings.session, executionMode: 'sequential' },
    settings.control ?? {},
    { optimizedPath, optimizedData: settings.large ? 'optimized.data' : null, prefix: join(folder, 'profile') },
  );
  try {
    const optimized = await decodeFile(optimizedPath).catch((cause: unknown) => {
      if (!isSteelyardError(cause)) throw cause;
      throw new SteelyardError(
        'runtime/profile',
        `${modelPath}: the graph that ONNX Runtime made of it cannot be read back: ${cause.message}`,
        'try a lower graphOptimization, or move the weights of If, Loop and Scan bodies into the main graph',
        { cause },
      );
    });
    const most = Math.max(
      feeds.length,
      Math.min(mostRuns, Math.floor(mostEvents / (optimized.graph.nodes.length + 1))),
    );
    await session.run(feeds[0]!);
    const until = performance.now() + settings.seconds * 1000;
    for (let run = 0; run < most && (run === 0 || performance.now() < until); run++)
      await session.run(feeds[run % feeds.length]!);
    await session.finish();
    const name = (await readdir(folder)).find((file) => /^profile.*\.json$/.test(file));
    if (name === undefined) throw new SteelyardError('runtime/profile', `${modelPath}: the runtime left no profile`);
    return { optimized, optimizedPath, ...(await readProfile(join(folder, name), 1)) };
  } finally {
    await session.close();
  }
};
