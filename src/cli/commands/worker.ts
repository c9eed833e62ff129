import { Command } from 'commander';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cancelOnSignals } from '../cancel.ts';
import { wholeNumber } from '../whole-number.ts';

interface Options {
  readonly queue: string;
  readonly artifacts?: string;
  readonly name?: string;
  readonly labels?: string;
  readonly concurrency: number;
  readonly once?: boolean;
  readonly scratch: string;
  readonly lapse: number;
  readonly grace: number;
  readonly quiet?: boolean;
}

export const command = (): Command =>
  new Command('worker')
    .description('Do the work of runs that are shared over a queue: build, answer, measure.')
    .requiredOption('--queue <url>', 'postgres://user@host/database; the password from the URL or PGPASSWORD')
    .option(
      '--artifacts <place>',
      'where the runs’ files lie, if it is called otherwise here: a folder or s3://bucket/prefix',
    )
    .option('--name <name>', 'how it is called in lists (default: host and process)')
    .option('--labels <labels>', 'what scenarios can ask for: cpu=avx2,site=lab')
    .option('--concurrency <n>', 'jobs at a time; timing always runs alone', wholeNumber(1024), 1)
    .option('--once', 'leave when nothing waits')
    .option('--scratch <folder>', 'for files while it works', join(tmpdir(), 'steelyard'))
    .option('--lapse <seconds>', 'without a heart-beat for so long it counts as lost', wholeNumber(86_400), 60)
    .option(
      '--grace <seconds>',
      'asked to leave: how long it may finish its job before it gives it back',
      wholeNumber(86_400),
      20,
    )
    .option('-q, --quiet', 'say only what goes wrong')
    .addHelpText(
      'after',
      `
Example:
  steelyard worker --queue postgres://steelyard@db/runs --artifacts /shared/artifacts --labels site=lab

Ctrl-C or SIGTERM: it finishes its job or gives it back, and leaves.
Exit codes: 0 it left as asked, 3 it could not work.`,
    )
    .action(async (options: Options) => {
      const cancel = cancelOnSignals('leaving; the job is finished or given back (again to leave at once)\n');
      try {
        const [{ serve }, { parseLabels }] = await Promise.all([
          import('../../engine/crew/index.ts'),
          import('../../queue/index.ts'),
        ]);
        const done = await serve({
          url: options.queue,
          artifacts: options.artifacts,
          name: options.name,
          labels: parseLabels(options.labels ?? ''),
          concurrency: options.concurrency,
          once: options.once === true,
          scratch: options.scratch,
          lapseSeconds: options.lapse,
          graceSeconds: options.grace,
          base: process.cwd(),
          signal: cancel.signal,
          log: (level, message) => {
            if (level === 'warn' || (level === 'info' && options.quiet !== true)) process.stderr.write(`${message}\n`);
          },
        });
        process.stdout.write(`${done} jobs done\n`);
      } finally {
        cancel.dispose();
      }
    });
