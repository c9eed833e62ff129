import { start, type Process } from '../../tests/crew.ts';
import type { Tally } from './tally.ts';

/** A process that is started again whenever it is gone. */
export interface Life {
  /** Resolves when a process of it ended by itself with exit code 0. */
  readonly finished: Promise<void>;
  isFinished(): boolean;
  /** `kill -9`; false when nothing ran. The next process is started by `revive`. */
  kill(): Promise<boolean>;
  revive(): void;
  /** End it in an orderly way, for good. */
  end(): Promise<void>;
}

/** How an end that is nobody's fault is told: the database was killed while the process was only beginning. */
const away = '(store/unreachable)';
const mostRestarts = 20;

/** `words`: what the command line is, asked anew for every process. `began`: what it says once it is at work; from then on it has to survive
 *  an outage of the database. */
export const live = (settings: {
  readonly name: string;
  readonly words: () => readonly string[];
  readonly cwd: string;
  readonly began: (text: string) => boolean;
  readonly tally: Tally;
}): Life => {
  const { name, words, cwd, began, tally } = settings;
  let current: Process | null = null;
  let over = false;
  let killing = false;
  let restarts = 0;
  let finish: () => void = () => undefined;
  let fail: (error: unknown) => void = () => undefined;
  const finished = new Promise<void>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  finished.catch(() => undefined);

  const revive = (): void => {
    if (over || current !== null) return;
    const process = start(words(), cwd);
    current = process;
    void process.ended.then((code) => {
      if (current !== process) return;
      current = null;
      if (killing || over) return;
      if (code === 0) {
        over = true;
        finish();
        return;
      }
      const text = process.text().trim();
      if (began(text) || !text.endsWith(away))
        tally.faults.push(`${name} ended by itself with exit code ${code}: ${text.slice(-600)}`);
      else tally.restarts++;
      if (++restarts > mostRestarts)
        fail(new Error(`${name} was started ${restarts} times and does not stay: ${text}`));
      else revive();
    }, fail);
  };
  revive();
  return {
    finished,
    isFinished: () => over,
    async kill() {
      const victim = current;
      if (victim === null || over) return false;
      killing = true;
      victim.signal('SIGKILL');
      await victim.ended;
      current = null;
      killing = false;
      return true;
    },
    revive,
    async end() {
      over = true;
      current?.signal('SIGTERM');
      await current?.ended;
    },
  };
};
