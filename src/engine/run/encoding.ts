import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context, Example, Feeds, Learning, Scenario, Task } from '../../contracts/index.ts';
import { createTask } from '../../weigh/tasks/index.ts';
import type { Found } from './baseline.ts';
import { calibrationFeeds } from './calibration.ts';
import { sampleFeeds } from './data.ts';
import { learningOf } from './learning.ts';
import type { Split } from '../measure/predictions.ts';
import { signatureOf } from './task.ts';

/** Files beside a model that differ from the original's, by name. */
export type Companions = ReadonlyMap<string, Uint8Array>;

/** How the same examples become tensors for one tokenizer. */
export interface Encoding {
  readonly task: Task;
  /** To compare a version with the original on: the same rows in the same order for every encoding. */
  readonly inputs: readonly Feeds[];
  readonly calibration: Context['calibration'];
  readonly learning: Learning | null;
}

/** The encoding of a version with these files beside it. Errors: `task/…` when they are not understood. */
export type EncodingOf = (companions: Companions) => Promise<Encoding>;

/** What is encoded. */
export interface Encodable {
  readonly task: Task;
  readonly wanted: Scenario['task'];
  readonly found: Found;
  /** Rows to compare on. */
  readonly compared: readonly Example[];
  readonly calibration: readonly Example[] | null;
  readonly train: Split | null;
  readonly validation: Split | null;
  readonly seed: number;
}

/** The task of a model whose companions were replaced by these; the files are laid out in `folder`. Errors: `task/…`. */
export const taskWith = async (
  companions: Companions,
  { found, wanted }: Pick<Encodable, 'found' | 'wanted'>,
  folder: string,
): Promise<Task> => {
  await mkdir(folder, { recursive: true });
  const place = async (name: string, original: string | null): Promise<string | null> => {
    const bytes = companions.get(name);
    if (bytes === undefined) return original;
    const path = join(folder, name);
    await writeFile(path, bytes);
    return path;
  };
  const config = companions.get('config.json');
  return createTask(
    wanted,
    {
      ...found.folder,
      config:
        config === undefined ? found.folder.config : (JSON.parse(Buffer.from(config).toString('utf8')) as unknown),
      tokenizerPath: await place('tokenizer.json', found.folder.tokenizerPath),
      tokenizerConfigPath: await place('tokenizer_config.json', found.folder.tokenizerConfigPath),
    },
    signatureOf(found),
  );
};

/** Encode examples for the original and for versions with rewritten companions; each set of companions once. */
export const encodings = (source: Encodable, workFolder: string): EncodingOf => {
  const { compared, calibration, train, validation, seed } = source;
  const known = new Map<string, Promise<Encoding>>();
  const encode = (task: Task): Encoding => ({
    task,
    inputs: compared.length === 0 ? [] : sampleFeeds(task, compared, seed),
    calibration: calibration === null ? null : () => calibrationFeeds(task, calibration),
    learning: learningOf(task, train, validation),
  });
  return (companions) => {
    const hash = createHash('sha256');
    for (const [name, bytes] of [...companions].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      hash.update(`${name}\0${bytes.length}\0`);
      hash.update(bytes);
    }
    const key = hash.digest('hex');
    const before = known.get(key);
    if (before !== undefined) return before;
    const made =
      companions.size === 0
        ? Promise.resolve(encode(source.task))
        : taskWith(companions, source, join(workFolder, `companions-${key.slice(0, 12)}`)).then(encode);
    known.set(key, made);
    return made;
  };
};
