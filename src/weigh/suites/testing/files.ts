import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import { rm } from 'node:fs/promises';
import type { Gold, GoldRow, SuiteTask } from '../types.ts';
import { findTasks } from '../tasks.ts';
import type { Sheet } from '../metrics.ts';

const folders: string[] = [];
afterAll(() => Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true }))));

/** A temporary folder that goes away after the tests of the file. */
export const folder = async (): Promise<string> => {
  const made = await mkdtemp(join(tmpdir(), 'steelyard-suites-'));
  folders.push(made);
  return made;
};

/** Write a file of text, or of rows as JSONL. */
export const put = async (path: string, content: string | readonly unknown[]): Promise<string> => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(
    path,
    typeof content === 'string' ? content : `${content.map((row) => JSON.stringify(row)).join('\n')}\n`,
  );
  return path;
};

export const tsv = (rows: readonly (readonly (string | number)[])[]): string =>
  rows.map((row) => `${row.join('\t')}\n`).join('');

export const taskOf = (id: string): SuiteTask => findTasks(id)[0]!;

/** Rows without texts, enough for metrics. */
export const rowsWith = (labels: readonly number[], clusters?: readonly string[]): readonly GoldRow[] =>
  labels.map((label, at) => ({
    id: String(at),
    fields: {},
    label,
    ...(clusters === undefined ? {} : { cluster: clusters[at]! }),
  }));

export const goldWith = (rows: readonly GoldRow[]): Gold => ({ path: 'gold', layout: 'made', rows, notes: [] });

/** Class answers beside right ones. */
export const sheetWith = (
  id: string,
  truth: readonly number[],
  predicted: readonly number[],
  clusters?: readonly string[],
): Sheet => ({
  task: taskOf(id),
  rows: rowsWith(truth, clusters),
  given: { kind: 'class', predicted: Int32Array.from(predicted) },
});
