import type { Feeds, RunResult, Session } from '../../contracts/index.ts';
import type { Target } from './play.ts';

interface Waiting {
  readonly call: number;
  readonly resolve: (result: RunResult) => void;
  readonly reject: (error: unknown) => void;
}

/** A model's process as a server with one worker: calls wait in line and are worked on in the order in which they came. */
export const serial = (session: Pick<Session, 'run'>, calls: readonly Feeds[]): Target => {
  let line: Waiting[] = [];
  let head = 0;
  let busy = false;
  const next = (): void => {
    if (busy) return;
    const one = line[head];
    if (one === undefined) {
      line = [];
      head = 0;
      return;
    }
    head++;
    busy = true;
    session.run(calls[one.call]!).then(
      (result) => {
        busy = false;
        next();
        one.resolve(result);
      },
      (error: unknown) => {
        busy = false;
        next();
        one.reject(error);
      },
    );
  };
  return {
    send: (call) =>
      new Promise((resolve, reject) => {
        line.push({ call, resolve, reject });
        next();
      }),
    drop: () => {
      line = [];
      head = 0;
    },
  };
};

/** Calls that need not wait for each other. */
export const concurrent = (session: Pick<Session, 'run'>, calls: readonly Feeds[]): Target => ({
  send: (call) => session.run(calls[call]!),
  drop: () => undefined,
});

/** Answers at once: what is left is the client's own time. */
export const echo: Target = {
  send: () => Promise.resolve({ outputs: {}, durationMs: 0, cpuMs: 0 }),
  drop: () => undefined,
};
