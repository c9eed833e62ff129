import { spawn } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
export const entry = join(root, 'dist/lib/cli/main.js');

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
  readonly ms: number;
}

/** Run the built command line in a folder; `during` may act on the process while it runs. */
export const steelyard = (
  args: readonly string[],
  options: {
    readonly cwd?: string;
    readonly during?: (kill: (signal: NodeJS.Signals) => void, err: () => string) => void;
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<Finished> =>
  new Promise((done, fail) => {
    const started = performance.now();
    const child = spawn(process.execPath, [entry, ...args], {
      cwd: options.cwd ?? root,
      env: { ...process.env, NO_COLOR: '1', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.on('error', fail);
    child.on('close', (code, signal) => done({ code, signal, out, err, ms: performance.now() - started }));
    options.during?.(
      (signal) => child.kill(signal),
      () => err,
    );
  });
