import type { Machine } from '../../contracts/index.ts';
import { anyWorker, openDispatch, work, type Dispatch, type Envelope, type Order } from '../index.ts';
import type { Requirement, Worker } from '../requirement.ts';

/** A machine that tests make up. */
export const testMachine = (digest: string): Machine => ({
  cpu: 'test',
  cores: 4,
  memoryBytes: 8e9,
  instructionSets: ['avx', 'avx2'],
  os: 'Linux',
  kernel: '6',
  governor: null,
  cgroupCpuLimit: null,
  node: '20',
  onnxruntime: '1.30.0',
  steelyard: '1.0.0',
  digest,
});

/** A worker in this process. */
export interface Hand {
  readonly said: readonly string[];
  readonly ended: Promise<number>;
  stop(): Promise<number>;
  leave(): void;
}

export interface Hands {
  hire(
    perform: (job: Envelope, signal: AbortSignal) => Promise<void>,
    more?: Partial<Worker> & { host?: string; lapseSeconds?: number; graceSeconds?: number; once?: boolean },
  ): Hand;
  sender(run: string, signal?: AbortSignal, patienceSeconds?: number): Promise<Dispatch>;
  /** Have all workers leave. */
  close(): Promise<void>;
}

/** Workers and senders of a queue, of version 1.0.0 if nothing else is said. */
export const handsAt = (url: string): Hands => {
  let count = 0;
  const hands: Hand[] = [];
  return {
    hire(perform, more = {}) {
      const { host = 'here', lapseSeconds = 2, graceSeconds = 5, once = false, ...own } = more;
      const leaving = new AbortController();
      const name = own.name ?? `worker ${++count}`;
      const said: string[] = [];
      const ended = work({
        url,
        worker: {
          id: `${name} ${Math.random()}`,
          name,
          version: '1.0.0',
          machine: testMachine('sha256:a'),
          labels: {},
          size: 1,
          ...own,
        },
        host,
        lapseSeconds,
        graceSeconds,
        once,
        signal: leaving.signal,
        perform,
        describe: ({ key }) => key,
        say: (_level, message) => said.push(message),
      });
      const leave = (): void => leaving.abort();
      const hand: Hand = { said, ended, leave, stop: () => (leave(), ended) };
      hands.push(hand);
      return hand;
    },
    sender: (run, signal = new AbortController().signal, patienceSeconds = 5) =>
      openDispatch({ url, run, version: '1.0.0', signal, patienceSeconds, lapseSeconds: 1 }),
    async close() {
      await Promise.all(hands.map(({ stop }) => stop().catch(() => undefined)));
    },
  };
};

export const ordersOf = (
  keys: readonly string[],
  required: Partial<Requirement> = {},
  alone = false,
): readonly Order[] => keys.map((key) => ({ key, body: { key }, alone, required: { ...anyWorker, ...required } }));
