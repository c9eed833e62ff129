import { Command } from 'commander';
import { SteelyardError } from '../../contracts/errors.ts';
import { runScenario } from '../run-scenario.ts';

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

export const command = (): Command =>
  new Command('evaluate')
    .description('Weigh versions made elsewhere against the original of a scenario.')
    .argument('<scenario>', 'scenario file (YAML)')
    .option('-c, --candidate <path>', 'model folder or .onnx file; repeat for more', collect, [])
    .option('-o, --out <folder>', 'run folder (default: runs/<name>-<time>)')
    .option('--resume', 'go on with the newest run of this scenario, or with the one in --out')
    .option('--no-cache', 'neither take what earlier runs made nor leave anything for later ones')
    .option('--json', 'print the result as JSON')
    .option('-q, --quiet', 'print only the verdict')
    .addHelpText(
      'after',
      `
Example:
  steelyard evaluate scenario.yaml --candidate quantized/ --candidate other/onnx/model_q4.onnx

Exit codes: 0 a version passes every condition, 1 none does.`,
    )
    .action(
      async (
        scenario: string,
        options: {
          candidate: readonly string[];
          out?: string;
          resume?: boolean;
          cache?: boolean;
          json?: boolean;
          quiet?: boolean;
        },
      ) => {
        if (options.candidate.length === 0)
          throw new SteelyardError('usage/candidate', 'evaluate needs at least one --candidate <folder or .onnx file>');
        await runScenario('evaluate', scenario, options, options.candidate);
      },
    );
