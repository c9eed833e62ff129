import { Command } from 'commander';
import { runScenario, type SharedOptions } from '../run-scenario.ts';
import { wholeNumber } from '../whole-number.ts';

export const command = (): Command =>
  new Command('tune')
    .description('Build optimized versions, weigh each against the original, decide, and write the chosen one.')
    .argument(
      '[scenarios...]',
      'scenario file (YAML); of several, each is tuned, and what wins in one is weighed in the others too; a shared run goes on without',
    )
    .option('-o, --out <folder>', 'run folder (default: runs/<name>-<time>)')
    .option('--resume', 'go on with the newest run of this scenario, or with the one in --out')
    .option('--no-cache', 'neither take what earlier runs made nor leave anything for later ones')
    .option('--queue <url>', 'have workers do the work: postgres://user@host/database (steelyard worker --queue …)')
    .option(
      '--artifacts <place>',
      'where the files of shared runs lie: a folder that all workers see, or s3://bucket/prefix',
    )
    .option('--name <name>', 'the shared run’s name (default: that of its folder)')
    .option('--width <n>', 'jobs to think of at a time when the work is shared', wholeNumber(1024), 4)
    .option('--patience <seconds>', 'how long nobody may be there who can do the work', wholeNumber(864_000), 120)
    .option('--json', 'print the result as JSON')
    .option('-q, --quiet', 'print only the verdict')
    .addHelpText(
      'after',
      `
Example:
  steelyard tune examples/support-desk/scenario.yaml
  steelyard tune scenario.yaml --out runs/friday --resume
  steelyard tune scenario.yaml --queue postgres://steelyard@db/runs --artifacts /shared/artifacts --name friday
  steelyard tune --queue postgres://steelyard@db/runs --name friday --resume
  steelyard tune chat.yaml kiosk.yaml phone.yaml --out runs/everywhere

Exit codes: 0 a version was chosen and confirmed, 1 none qualifies or it was not confirmed.`,
    )
    .action(
      async (
        scenarios: string[],
        options: SharedOptions & { out?: string; resume?: boolean; cache?: boolean; json?: boolean; quiet?: boolean },
      ) => {
        const [scenario, ...more] = scenarios;
        if (more.length === 0) await runScenario('tune', scenario ?? null, options);
        else await (await import('../run-many.ts')).runMany(scenarios, options);
      },
    );
