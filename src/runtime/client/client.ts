import { SteelyardError, type Feeds, type LoadClient, type LoadPlan } from '../../contracts/index.ts';
import { programPath } from '../../package/index.ts';
import { Supervised } from '../onnxruntime/process.ts';
import { faultOfText, type ClientAnswers, type ClientRequest, type LoadTarget } from './protocol.ts';

export interface ClientControl {
  /** Ends the client and what it started at once. */
  readonly signal?: AbortSignal | undefined;
  /** For reaching the target. Default 150 s. */
  readonly connectTimeoutMs?: number | undefined;
}

/** Young garbage is collected seldom and at one go, without waiting for helper threads: every collection delays requests. */
const flags = ['--max-semi-space-size=64', '--min-semi-space-size=64', '--single-threaded-gc'];

const usageTimeoutMs = 30_000;
/** What a run may take beyond what its plan says. */
const graceMs = 30_000;

/** Start a client in a process of its own and connect it to a model (in a third process) or an endpoint.
 *  Errors: those of the target (`runtime/load`, `endpoint/…`); `runtime/crashed`, `runtime/timeout`, `runtime/closed` of the client itself. */
export const openClient = async (
  target: LoadTarget,
  calls: readonly Feeds[],
  { signal, connectTimeoutMs = 150_000 }: ClientControl = {},
): Promise<LoadClient> => {
  const what = `load client of ${target.kind === 'model' ? target.path : target.kind === 'endpoint' ? target.settings.url : 'nothing'}`;
  const child = new Supervised<ClientRequest, { [K in keyof ClientAnswers]: ClientAnswers[K] }>(
    what,
    programPath('runtime/client/child.js', 'runtime/build'),
    { signal },
    flags,
  );
  const closed = new SteelyardError('runtime/closed', `${what}: it is closed`);
  const ask = async <K extends ClientRequest['kind']>(
    request: Omit<Extract<ClientRequest, { kind: K }>, 'id'>,
    timeoutMs: number,
  ): Promise<ClientAnswers[K]> => {
    const reply = await child.ask<K>(request, timeoutMs);
    if (reply.ok) return reply.value;
    const { code, message } = faultOfText(reply.message);
    throw new SteelyardError(code, message);
  };
  try {
    await ask<'connect'>({ kind: 'connect', target, calls }, connectTimeoutMs);
  } catch (error) {
    await child.kill(closed);
    throw error;
  }
  return {
    play: (plan: LoadPlan) => ask<'play'>({ kind: 'play', plan }, plan.maxMs + 2 * plan.drainMs + graceMs),
    usage: () => ask<'usage'>({ kind: 'usage' }, usageTimeoutMs),
    close: () => child.kill(closed),
  };
};
