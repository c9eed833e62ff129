import { Command } from 'commander';
import { runScenario } from '../run-scenario.ts';

export const command = (): Command =>
  new Command('tune')
    .description('Build optimized versions, weigh each against the original, decide, and write the chosen one.')
    .argument('<scenario>', 'scenario file (YAML)')
    .option('-o, --out <folder>', 'run folder (default: runs/<name>-<time>)')
    .option('--resume', 'go on with the newest run of this scenario, or with the one in --out')
    .option('--no-cache', 'neither take what earlier runs made nor leave anything for later ones')
    .option('--json', 'print the result as JSON')
    .option('-q, --quiet', 'print only the verdict')
    .addHelpText(
      'after',
      `
Example:
  steelyard tune examples/support-desk/scenario.yaml
  steelyard tune scenario.yaml --out runs/friday --resume

Exit codes: 0 a version was chosen and confirmed, 1 none qualifies or it was not confirmed.`,
    )
    .action(
      async (
        scenario: string,
        options: { out?: string; resume?: boolean; cache?: boolean; json?: boolean; quiet?: boolean },
      ) => {
        await runScenario('tune', scenario, options);
      },
    );
