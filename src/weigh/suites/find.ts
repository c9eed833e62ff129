import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, relative } from 'node:path';
import { SteelyardError } from '../../contracts/index.ts';
import { plainName } from './tasks.ts';
import type { SuiteTask } from './types.ts';

const mostFiles = 20_000;
const mostDepth = 5;
const extensions = new Set(['.tsv', '.csv', '.jsonl', '.ndjson', '.json', '.parquet']);

/** Data files under a folder. Errors: `score/folder`. */
export const filesIn = async (folder: string): Promise<readonly string[]> => {
  const files: string[] = [];
  const walk = async (at: string, depth: number): Promise<void> => {
    for (const entry of await readdir(at, { withFileTypes: true })) {
      const path = join(at, entry.name);
      if (entry.isDirectory() && depth < mostDepth && !entry.name.startsWith('.')) await walk(path, depth + 1);
      else if (entry.isFile() && extensions.has(extname(entry.name).toLowerCase())) files.push(path);
      if (files.length > mostFiles)
        throw new SteelyardError(
          'score/folder',
          `${folder}: more than ${mostFiles} data files`,
          'name a folder further in',
        );
    }
  };
  await walk(folder, 0);
  return files.toSorted();
};

export const isFolder = async (path: string): Promise<boolean> => {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    throw new SteelyardError(
      'score/folder',
      `cannot read ${path}: ${(cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file or folder' : (cause as Error).message}`,
      'give the path of the file of answers, or of the right answers (--gold)',
      { cause },
    );
  }
};

const only = (task: SuiteTask, folder: string, found: readonly string[], what: string): string | null => {
  if (found.length <= 1) return found[0] ?? null;
  throw new SteelyardError(
    'score/folder',
    `${folder}: ${found.length} files may be the ${what} of ${task.id}: ${found
      .map((path) => relative(folder, path))
      .slice(0, 5)
      .join(', ')}`,
    'name the file itself, or keep one',
  );
};

/** The file of a task's right answers under a folder of a benchmark, laid out as the official archives or the hub's copies; null when there
 *  is none. Errors: `score/folder` when several fit. */
export const findGold = (task: SuiteTask, folder: string, files: readonly string[]): string | null => {
  for (const place of task.places) {
    const found = files.filter((path) => {
      // Newer copies on the hub have a folder for each split: boolq/validation/0000.parquet.
      const file = basename(path).toLowerCase();
      const parts = relative(folder, dirname(path)).toLowerCase().split(/[\\/]/);
      const inside = (names: readonly string[], name: string): boolean =>
        place.file.test(name) && place.folder.test(names.at(-1) ?? '');
      return inside(parts, file) || (/^\d+\.parquet$/.test(file) && inside(parts.slice(0, -1), parts.at(-1) ?? ''));
    });
    const path = only(task, folder, found, 'right answers');
    if (path !== null) return path;
  }
  return null;
};

/** The file of a task's answers under a folder: named as the benchmark's submission ("SST-2.tsv", "AX-b.jsonl") or by the task, alone or
 *  in a folder so named; null when there is none. Errors: `score/folder` when several fit. */
export const findAnswers = (task: SuiteTask, folder: string, files: readonly string[]): string | null => {
  const names = new Set([...task.aliases, ...task.aliases.map((alias) => task.suite + alias)]);
  const plain = (path: string): string =>
    plainName(basename(path, extname(path)).replace(/[-_.](predictions?|preds?|val|validation|dev)$/i, ''));
  const byName = files.filter((path) => names.has(plain(path)));
  if (byName.length > 0) return only(task, folder, byName, 'answers');
  const inFolder = files.filter((path) => dirname(path) !== folder && names.has(plainName(basename(dirname(path)))));
  if (inFolder.length > 0) return only(task, folder, inFolder, 'answers');
  // Adversarial GLUE has the answers of all tasks in one document.
  const whole = task.suite === 'advglue' ? files.filter((path) => /^pred\w*\.json$/i.test(basename(path))) : [];
  return only(task, folder, whole, 'answers');
};
