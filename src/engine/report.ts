import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SteelyardError, type StoreRecord } from '../contracts/index.ts';
import { openStore } from '../records/index.ts';
import { buildReport, toHtml, toJson, toMarkdown, type Block } from '../report/index.ts';
import { metrics } from '../weigh/index.ts';

/** The report of a run folder as blocks. Errors: `engine/no-run` when the folder holds none, `store/corrupt`. */
export const reportOf = async (folder: string): Promise<readonly Block[]> => {
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
  return buildReport(records, metrics);
};

export const reportFormats = ['html', 'md', 'json'] as const;
export type ReportFormat = (typeof reportFormats)[number];

/** A report as text. */
export const renderReport = (blocks: readonly Block[], format: ReportFormat): string =>
  format === 'html' ? toHtml(blocks) : format === 'md' ? toMarkdown(blocks) : toJson(blocks);

/** Write report.html, report.md and report.json into the run folder; returns their paths. */
export const writeReports = async (folder: string): Promise<Readonly<Record<ReportFormat, string>>> => {
  const blocks = await reportOf(folder);
  const paths = { html: join(folder, 'report.html'), md: join(folder, 'report.md'), json: join(folder, 'report.json') };
  for (const format of reportFormats) await writeFile(paths[format], renderReport(blocks, format));
  return paths;
};
