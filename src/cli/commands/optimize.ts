import { resolve } from 'node:path';
import { Command } from 'commander';
import { SteelyardError } from '../../contracts/errors.ts';
import { cancelOnSignals } from '../cancel.ts';
import { chainFromFlags, refuseUnknownFlags } from '../chain-flags.ts';
import { bytesText, percentText } from '../numbers.ts';
import { progressLine } from '../progress.ts';
import { rankingLines } from '../ranking.ts';

interface Options {
  readonly out: string;
  readonly inputs?: string;
  readonly text?: string;
  readonly train?: string;
  readonly label?: string;
  readonly seed: string;
  readonly auto?: boolean;
  readonly maxError: string;
  readonly seconds: string;
  readonly json?: boolean;
}

/** A positive number from a flag. Errors: `usage/option`. */
const positive = (flag: string, text: string): number => {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value > 0) return value;
  throw new SteelyardError('usage/option', `${flag} is "${text}", expected a number above 0`);
};

const autoOf = ({ maxError, seconds }: Options) => ({
  maxError: positive('--max-error', maxError),
  seconds: positive('--seconds', seconds),
});

const run = async (model: string, options: Options, argv: readonly string[]): Promise<void> => {
  const [{ optimizeModel }, { techniqueOf }] = await Promise.all([
    import('../../engine/optimize.ts'),
    import('../../engine/build/techniques.ts'),
  ]);
  const { steps } = chainFromFlags(argv, (id) => techniqueOf(id).options);
  if (steps.length === 0)
    throw new SteelyardError(
      'usage/technique',
      'optimize needs at least one --technique <id>',
      'steelyard techniques lists them',
    );
  const cancel = cancelOnSignals();
  const line = progressLine();
  try {
    const result = await optimizeModel({
      model,
      steps,
      out: resolve(options.out),
      inputs: options.inputs,
      textColumn: options.text,
      train: options.train,
      labelColumn: options.label,
      seed: Number(options.seed),
      auto: options.auto === true ? autoOf(options) : undefined,
      base: process.cwd(),
      signal: cancel.signal,
      progress: line.show,
      log: line.log,
    });
    line.end();
    const { outcome } = result;
    process.exitCode = outcome.kind === 'built' ? 0 : 1;
    if (options.json === true) {
      process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
      return;
    }
    if (result.ranking !== null) process.stdout.write(`${rankingLines(result.ranking).join('\n')}\n`);
    if (outcome.kind !== 'built') {
      const reason = outcome.kind === 'refused' ? outcome.refusal.reason : outcome.message;
      process.stdout.write(`nothing written: ${result.chain.id}: ${reason}\n`);
      if (result.unfinished !== null)
        process.stdout.write(
          `training is kept in ${result.unfinished}: a chain with the same steps before that one goes on from it\n`,
        );
      return;
    }
    const lines: string[] = [];
    for (const step of outcome.steps) {
      lines.push(`${step.technique}: ${step.changes.length} changed, ${step.skipped.length} left alone`);
      const reasons = new Map<string, number>();
      for (const { reason } of step.skipped) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      for (const [reason, count] of [...reasons].slice(0, 8)) lines.push(`  left alone: ${count} × ${reason}`);
    }
    const { before, after } = result;
    lines.push(`size: ${bytesText(before)} → ${bytesText(after)} (${percentText((after - before) / before)})`);
    const check = outcome.verification;
    lines.push(
      check === null
        ? `outputs: not compared with the original on ${result.verifiedOn}`
        : `outputs: differ from the original's by ${percentText(check.relativeError, false)} (${
            check.tolerance === null
              ? 'another network: its answers are what counts'
              : `at most ${percentText(check.tolerance, false)} allowed`
          }), compared on ${result.verifiedOn}`,
    );
    lines.push(`written: ${options.out}`);
    process.stdout.write(`${lines.join('\n')}\n`);
  } finally {
    line.end();
    cancel.dispose();
  }
};

export const command = (): Command =>
  new Command('optimize')
    .description('Apply one technique, or a chain of them, to one model and write the result as a model folder.')
    .argument('<model>', 'model folder, .onnx file or hf:owner/name')
    .requiredOption('-o, --out <folder>', 'where to write the new model folder')
    .option('-t, --technique <id>', 'technique to apply; repeat for a chain; its options follow it as flags')
    .option('--inputs <file>', 'real inputs to compare and calibrate on (JSONL, CSV, TSV, Parquet, npz)')
    .option('--text <column>', 'column that holds the text')
    .option('--train <file>', 'examples for techniques that learn, labelled or not')
    .option('--label <column>', 'column of --train that holds the answers')
    .option('--auto', 'time the ways of quantize/dynamic on this CPU and write the fastest one that is accurate enough')
    .option('--max-error <share>', 'with --auto: largest relative difference of the outputs', '0.05')
    .option('--seconds <number>', 'with --auto: how long to time, all versions together', '30')
    .option('--seed <number>', 'seed of everything random', '1')
    .option('--json', 'print the result as JSON')
    .allowUnknownOption()
    .allowExcessArguments()
    .addHelpText(
      'after',
      `
Example:
  steelyard optimize model/ --technique quantize/dynamic --per-channel -o out/
  steelyard optimize model/ -t fuse/constant-folding -t quantize/blockwise --block-size 64 -o out/
  steelyard optimize model/ -t quantize/dynamic --auto --inputs texts.jsonl -o out/

steelyard techniques lists every technique with its options.`,
    )
    .action(async (_model: string, _options: Options, self: Command) => {
      // The chain's own flags are taken out first; what is left is parsed again, strictly.
      const { techniqueOf } = await import('../../engine/build/techniques.ts');
      const argv = process.argv.slice(3);
      const { steps, rest } = chainFromFlags(argv, (id) => techniqueOf(id).options);
      refuseUnknownFlags(
        rest,
        self.options.flatMap(({ long }) => long ?? []),
        [...new Set(steps.map(({ technique }) => technique))].map(techniqueOf),
      );
      const strict = new Command('steelyard optimize').argument('<model>').exitOverride();
      for (const option of self.options) if (option.long !== '--technique') strict.addOption(option);
      strict.showHelpAfterError('(steelyard optimize --help shows every option)');
      await strict
        .action((model: string, options: Options) => run(model, options, argv))
        .parseAsync(['node', 'steelyard', ...rest]);
    });
