import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SteelyardError, type StoreRecord } from '../contracts/index.ts';
import { frontChances } from '../decide/index.ts';
import { openStore } from '../records/index.ts';
import {
  buildReport,
  toCsv,
  toHtml,
  toJson,
  toJsonLines,
  toLmEval,
  toMarkdown,
  toMlperf,
  type Block,
} from '../report/index.ts';
import { normalQuantile } from '../statistics/index.ts';
import { metrics } from '../weigh/index.ts';

/** The records of a run folder. Errors: `engine/no-run` when the folder holds none, `store/corrupt`. */
export const readRun = async (folder: string): Promise<readonly StoreRecord[]> => {
  if (!existsSync(join(folder, 'records.jsonl')))
    throw new SteelyardError(
      'engine/no-run',
      `${folder} holds no run (no records.jsonl)`,
      'give the folder that steelyard tune named at its end, for example runs/support-desk-…',
    );
  const records: StoreRecord[] = [];
  const store = await openStore(folder, { readOnly: true });
  try {
    for await (const record of store.records()) records.push(record);
  } finally {
    await store.close();
  }
  return records;
};

/** The report of a run folder as blocks. Errors: `engine/no-run`, `store/corrupt`, `report/empty`. */
export const reportOf = async (folder: string): Promise<readonly Block[]> =>
  buildReport(await readRun(folder), metrics, frontChances);

/** Files that a run leaves behind. */
export const reportFormats = ['html', 'md', 'json'] as const;
export type ReportFormat = (typeof reportFormats)[number];

/** For other tools: every number, and the forms of two other harnesses. */
export const exportFormats = ['jsonl', 'csv', 'lm-eval', 'mlperf'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** A report as text. */
export const renderReport = (blocks: readonly Block[], format: ReportFormat): string =>
  format === 'html' ? toHtml(blocks) : format === 'md' ? toMarkdown(blocks) : toJson(blocks);

/** A run's numbers for another tool; `only` is a version's id or letter, for the forms that speak of one version at a time.
 *  Errors: as `reportOf`; `report/no-lm-eval`, `report/no-load`, `report/no-version`. */
export const exportRun = async (folder: string, format: ExportFormat, only?: string): Promise<string> => {
  const records = await readRun(folder);
  switch (format) {
    case 'jsonl':
      return toJsonLines(records, metrics, only);
    case 'csv':
      return toCsv(records, metrics, only);
    case 'lm-eval':
      return toLmEval(records, metrics, normalQuantile, only);
    case 'mlperf':
      return toMlperf(records, metrics, only);
  }
};

/** Write report.html, report.md and report.json into the run folder; returns their paths. */
export const writeReports = async (folder: string): Promise<Readonly<Record<ReportFormat, string>>> => {
  const blocks = await reportOf(folder);
  const paths = { html: join(folder, 'report.html'), md: join(folder, 'report.md'), json: join(folder, 'report.json') };
  for (const format of reportFormats) await writeFile(paths[format], renderReport(blocks, format));
  return paths;
};
