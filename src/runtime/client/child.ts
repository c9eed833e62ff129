// Entry of a load client's process: sends requests by a schedule, notes the times, ends with its parent.
import { PerformanceObserver } from 'node:perf_hooks';
import { SteelyardError, isSteelyardError, type Session } from '../../contracts/index.ts';
import { openEndpoint } from '../endpoint/index.ts';
import { openSession } from '../onnxruntime/index.ts';
import type { Reply } from '../onnxruntime/protocol.ts';
import { realClock } from './clock.ts';
import { play, type Target } from './play.ts';
import { faultText, type ClientAnswers, type ClientRequest } from './protocol.ts';
import { concurrent, echo, serial } from './serial.ts';

process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => undefined);

let collecting = 0;
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) collecting += duration;
}).observe({ entryTypes: ['gc'] });

let session: Session | null = null;
let target: Target | null = null;
/** Whether the model runs on this machine, in a process that can be looked at. */
let local = false;

const connect = async (request: Extract<ClientRequest, { kind: 'connect' }>): Promise<null> => {
  switch (request.target.kind) {
    case 'model':
      session = await openSession(request.target.path, request.target.options);
      target = serial(session, request.calls);
      local = true;
      return null;
    case 'endpoint':
      session = await openEndpoint(request.target.settings);
      target = concurrent(session, request.calls);
      return null;
    case 'echo':
      target = echo;
      return null;
  }
};

const answer = async (request: ClientRequest): Promise<ClientAnswers[ClientRequest['kind']]> => {
  if (request.kind === 'connect') return connect(request);
  if (target === null) throw new SteelyardError('load/client', 'nothing is connected');
  if (request.kind === 'usage') return local ? session!.usage() : null;
  const before = collecting;
  const played = await play(request.plan, target, realClock);
  // Entries of the observer come with the next turn of the event loop.
  await new Promise((resolve) => setImmediate(resolve));
  return { ...played, collectingMs: collecting - before };
};

const send = (reply: Reply): void => {
  process.send?.(reply, (error: Error | null) => {
    if (error !== null) process.exit(0);
  });
};

process.on('message', (request: ClientRequest) => {
  answer(request).then(
    (value) => send({ id: request.id, ok: true, value }),
    (error: unknown) =>
      send({
        id: request.id,
        ok: false,
        message: isSteelyardError(error)
          ? faultText(error.code, error.message)
          : error instanceof Error
            ? (error.stack ?? error.message)
            : String(error),
      }),
  );
});
