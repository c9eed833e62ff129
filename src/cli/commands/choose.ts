import { relative, resolve } from 'node:path';
import { Command } from 'commander';
import { SteelyardError } from '../../contracts/errors.ts';

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];
const list = (value: string): readonly string[] =>
  value
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');

const confidenceOf = (value: string): number => {
  const match = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(value.trim());
  if (match === null)
    throw new SteelyardError('usage/confidence', `--confidence is "${value}", expected 0.5 to 0.9999`);
  return match[2] === '%' ? Number(match[1]) / 100 : Number(match[1]);
};

interface Flags {
  readonly scenario?: string;
  readonly must: readonly string[];
  readonly waive: readonly string[];
  readonly prefer?: readonly string[];
  readonly confidence?: number;
  readonly out?: string;
  readonly write?: boolean;
  readonly full?: boolean;
  readonly json?: boolean;
}

export const command = (): Command =>
  new Command('choose')
    .description(
      'Decide again from the records of a run, by another scenario or with single changes. Nothing is measured.',
    )
    .argument('<run>', 'run folder; it is only read')
    .option('-s, --scenario <file>', 'decide by this scenario: the same model, data and task')
    .option('--must <condition>', 'change or add a condition; repeat for more', collect, [])
    .option('--waive <metric>', 'let a condition go; repeat for more', collect, [])
    .option('--prefer <metrics>', 'what is wanted, the most wanted first, with commas between', list)
    .option('--confidence <share>', 'confidence of every verdict', confidenceOf)
    .option('-w, --write', 'write the chosen version as a model folder')
    .option(
      '-o, --out <folder>',
      'where to write the decision and the model (default with --write: <run>/what-if/<scenario>)',
    )
    .option('--full', 'also what is folded away by default')
    .option('--json', 'print the decision as JSON')
    .addHelpText(
      'after',
      `
Conditions: a metric, where it is about a group "for <column>=<value>", one of at-most, at-least, worse-by-at-most,
better-by-at-least, and a number with its unit. It takes the place of a condition on the same metric and group.

Example:
  steelyard choose runs/friday --scenario kiosk.yaml --write
  steelyard choose runs/friday --must "accuracy worse-by-at-most 2 pp" --prefer size,latency-p50
  steelyard choose runs/friday --waive latency-p50 --confidence 0.9

Exit codes: 0 a version is chosen and nothing speaks against it, 1 none qualifies or held-back data does not confirm it.`,
    )
    .action(async (run: string, flags: Flags) => {
      const [{ whatIf }, { toTerminal }, { terminal }, { succeeded, quote }] = await Promise.all([
        import('../../engine/what-if/index.ts'),
        import('../../report/index.ts'),
        import('../print-report.ts'),
        import('../run-scenario.ts'),
      ]);
      const { scenario, must, waive, prefer, confidence } = flags;
      const result = await whatIf({
        folder: resolve(run),
        ...(scenario === undefined ? {} : { scenario }),
        overrides: {
          must,
          waive,
          ...(prefer === undefined ? {} : { prefer }),
          ...(confidence === undefined ? {} : { confidence }),
        },
        write: flags.write === true,
        ...(flags.out === undefined ? {} : { out: flags.out }),
        command: ['steelyard', 'choose', run]
          .concat(scenario === undefined ? [] : ['--scenario', scenario])
          .concat(must.flatMap((one) => ['--must', one]))
          .concat(waive.flatMap((one) => ['--waive', one]))
          .concat(prefer === undefined ? [] : ['--prefer', prefer.join(',')])
          .concat(confidence === undefined ? [] : ['--confidence', String(confidence)])
          .map(quote)
          .join(' '),
        base: process.cwd(),
        log: flags.json === true ? () => undefined : (_level, message) => process.stderr.write(`${message}\n`),
      });
      const { choice, facts, folder, written } = result;
      if (flags.json === true)
        process.stdout.write(
          `${JSON.stringify({ choice, before: result.before?.chosen ?? null, facts, folder, model: written }, null, 2)}\n`,
        );
      else {
        const lines = [toTerminal(result.blocks, { ...terminal(), full: flags.full === true }).trimEnd(), ''];
        if (flags.write === true)
          lines.push(
            `model:    ${written === null ? 'none, as no version was chosen' : relative(process.cwd(), written)}`,
          );
        if (folder !== null) lines.push(`decision: ${relative(process.cwd(), folder)}`);
        process.stdout.write(`${lines.join('\n').trimEnd()}\n`);
      }
      process.exitCode = succeeded(choice) ? 0 : 1;
    });
