import { relative } from 'node:path';
import { reportOf, writeReports, type ReportFormat } from '../engine/report.ts';
import { toTerminal, type Block } from '../report/index.ts';

export { writeReports };

/** How the terminal wants its text: its width and whether it shows colors. */
export const terminal = (): { readonly width: number; readonly color: boolean } => ({
  width: Math.min(process.stdout.columns ?? 100, 120),
  color: process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined,
});

/** Only the answer: everything before the first section. */
const brief = (blocks: readonly Block[]): readonly Block[] => {
  const second = blocks.findIndex((block) => block.kind === 'heading' && block.level === 2);
  return second < 0 ? blocks : blocks.slice(0, second);
};

/** Print a run's report and where its files are. */
export const printReport = async (
  folder: string,
  options: {
    readonly brief: boolean;
    readonly written: string | null;
    readonly files: Readonly<Record<ReportFormat, string>> | null;
  },
): Promise<void> => {
  const blocks = await reportOf(folder);
  const show = (path: string): string => relative(process.cwd(), path) || '.';
  const lines = [toTerminal(options.brief ? brief(blocks) : blocks, terminal()).trimEnd(), ''];
  if (options.written !== null) lines.push(`model:  ${show(options.written)}`);
  if (options.files !== null) lines.push(`report: ${show(options.files.html)} (also .md, .json)`);
  process.stdout.write(`${lines.join('\n')}\n`);
};
