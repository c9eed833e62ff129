import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { onDisk } from '../../records/files/fault.ts';

const people = ['terminal', 'html', 'md', 'json'] as const;
const tools = ['jsonl', 'csv', 'lm-eval', 'mlperf'] as const;
type Format = (typeof people)[number] | (typeof tools)[number];

const isForTools = (format: Format): format is (typeof tools)[number] => tools.some((one) => one === format);

export const command = (): Command =>
  new Command('report')
    .description('Show the verdict of a run again, or its numbers for other tools.')
    .argument('<run>', 'run folder')
    .addOption(new Option('-f, --format <format>', 'what to write').choices([...people, ...tools]).default('terminal'))
    .option('-o, --out <file>', 'write to a file instead of standard output')
    .option('--full', 'on a terminal: also what is folded away by default')
    .option('--only <version>', 'jsonl, csv, lm-eval, mlperf: only this version, by its id or its letter in the report')
    .option('--json', 'the same as --format json')
    .addHelpText(
      'after',
      `
Formats for other tools:
  jsonl    one measurement a line: version, split, evaluator, metric, slice, value, interval, comparison, caveat, machine
  csv      the same as a table
  lm-eval  results as lm-evaluation-harness writes them, for the metrics that both define alike
  mlperf   load scenarios in the form of mlperf_log_summary.txt (not MLPerf results)

Example:
  steelyard report runs/support-desk-2026-11-24-101500
  steelyard report runs/friday --format html --out verdict.html
  steelyard report runs/friday --format lm-eval --only baseline`,
    )
    .action(
      async (run: string, options: { format: Format; out?: string; json?: boolean; only?: string; full?: boolean }) => {
        const format = options.json === true ? 'json' : options.format;
        const text = isForTools(format)
          ? await (await import('../../engine/report.ts')).exportRun(resolve(run), format, options.only)
          : await reportText(resolve(run), format, options);
        if (options.out === undefined) process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
        else {
          const out = resolve(options.out);
          await onDisk('writing the report', out, () => writeFile(out, text));
        }
      },
    );

const reportText = async (
  folder: string,
  format: (typeof people)[number],
  { out, full }: { readonly out?: string; readonly full?: boolean },
): Promise<string> => {
  const [{ reportOf, renderReport }, { toTerminal }, { terminal }] = await Promise.all([
    import('../../engine/report.ts'),
    import('../../report/index.ts'),
    import('../print-report.ts'),
  ]);
  const blocks = await reportOf(folder);
  if (format !== 'terminal') return renderReport(blocks, format);
  return toTerminal(blocks, { ...(out === undefined ? terminal() : { width: 100 }), full: full === true });
};
