import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command, Option } from 'commander';

export const command = (): Command =>
  new Command('report')
    .description('Show the verdict of a run again.')
    .argument('<run>', 'run folder')
    .addOption(
      new Option('-f, --format <format>', 'what to write')
        .choices(['terminal', 'html', 'md', 'json'])
        .default('terminal'),
    )
    .option('-o, --out <file>', 'write to a file instead of standard output')
    .option('--json', 'the same as --format json')
    .addHelpText(
      'after',
      '\nExample:\n  steelyard report runs/support-desk-2026-11-24-101500\n  steelyard report runs/friday --format html --out verdict.html',
    )
    .action(
      async (run: string, options: { format: 'terminal' | 'html' | 'md' | 'json'; out?: string; json?: boolean }) => {
        const format = options.json === true ? 'json' : options.format;
        const [{ reportOf, renderReport }, { toTerminal }, { terminal }] = await Promise.all([
          import('../../engine/report.ts'),
          import('../../report/index.ts'),
          import('../print-report.ts'),
        ]);
        const blocks = await reportOf(resolve(run));
        const text =
          format === 'terminal'
            ? toTerminal(blocks, options.out === undefined ? terminal() : { width: 100 })
            : renderReport(blocks, format);
        if (options.out === undefined) process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
        else await writeFile(options.out, text);
      },
    );
