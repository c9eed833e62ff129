import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SteelyardError } from '../../contracts/index.ts';
import { onDisk } from '../../records/files/fault.ts';

/** A name as a folder. */
export const slug = (name: string): string =>
  name
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60) || 'run';

const stamp = (now: Date): string => now.toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '');

const make = (folder: string): Promise<unknown> =>
  onDisk('making the folder of the run', folder, () => mkdir(folder, { recursive: true }));

/** The folder of a run: `--out`, or `runs/<name>-<time>`. With `resume` the newest run of that name goes on.
 *  Errors: `engine/no-run` when there is none to resume, `engine/run-exists` when the folder already holds a run,
 *  `store/…` when it cannot be made. */
export const runFolder = async (settings: {
  readonly name: string;
  readonly out: string | undefined;
  readonly resume: boolean;
  readonly base: string;
  readonly now: Date;
  /** What is resumed is known elsewhere: its folder is made where it is not there. */
  readonly anew?: boolean;
}): Promise<string> => {
  const prefix = slug(settings.name);
  if (settings.out !== undefined) {
    const folder = resolve(settings.base, settings.out);
    const holds = existsSync(join(folder, 'records.jsonl'));
    if (holds && !settings.resume)
      throw new SteelyardError(
        'engine/run-exists',
        `${settings.out} already holds a run`,
        'add --resume to go on with it, or choose another --out',
      );
    if (!holds && settings.resume && settings.anew !== true)
      throw new SteelyardError(
        'engine/no-run',
        `${settings.out} holds no run to resume`,
        'leave --resume out to start one',
      );
    await make(folder);
    return folder;
  }
  const runs = resolve(settings.base, 'runs');
  if (settings.resume) {
    const names = existsSync(runs) ? await readdir(runs) : [];
    const newest = names
      .filter((name) => new RegExp(`^${prefix}-\\d{4}-\\d{2}-\\d{2}-\\d{6}`).test(name))
      .sort()
      .at(-1);
    if (newest === undefined)
      throw new SteelyardError(
        'engine/no-run',
        `no run of "${settings.name}" in ${runs}`,
        'leave --resume out to start one, or name it with --out',
      );
    return join(runs, newest);
  }
  const folder = join(runs, `${prefix}-${stamp(settings.now)}`);
  await make(folder);
  return folder;
};
