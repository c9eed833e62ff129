import { Command, Option } from 'commander';
import { print } from '../fold.ts';
import { SteelyardError } from '../../contracts/errors.ts';
import { cancelOnSignals } from '../cancel.ts';
import { flagOf } from '../chain-flags.ts';
import { optionLines } from '../option-lines.ts';
import { progressLine } from '../progress.ts';

interface Options {
  readonly measure?: string;
  readonly inputs?: string;
  readonly text?: string;
  readonly seconds: string;
  readonly rows: string;
  readonly format: 'terminal' | 'md' | 'json';
  readonly json?: boolean;
}

const numbers = (flag: string, text: string): number[] =>
  text.split(',').map((part) => {
    const value = Number(part);
    if (part.trim() !== '' && Number.isInteger(value) && value > 0 && value <= 1024) return value;
    throw new SteelyardError('usage/option', `${flag} is "${text}", expected whole numbers from 1 to 1,024`);
  });

/** What each technique is worth for one model on this machine. */
const measure = async (id: string | undefined, model: string, options: Options): Promise<void> => {
  const seconds = Number(options.seconds);
  if (!(seconds > 0 && seconds <= 3600))
    throw new SteelyardError('usage/option', `--seconds is "${options.seconds}", expected a number from 0 to 3,600`);
  const rows = numbers('--rows', options.rows);
  const [{ whatPays }, { worthMarkdown, worthText }] = await Promise.all([
    import('../../engine/build/what-pays.ts'),
    import('../worth-text.ts'),
  ]);
  const cancel = cancelOnSignals();
  const line = progressLine();
  try {
    const seen = await whatPays({
      model,
      inputs: options.inputs,
      textColumn: options.text,
      only: id,
      rows,
      seconds,
      seed: 1,
      base: process.cwd(),
      signal: cancel.signal,
      progress: line.show,
      log: line.log,
    });
    line.end();
    const format = options.json === true ? 'json' : options.format;
    const text =
      format === 'json' ? JSON.stringify(seen, null, 2) : format === 'md' ? worthMarkdown(seen) : worthText(seen);
    process.stdout.write(`${text}\n`);
  } finally {
    line.end();
    cancel.dispose();
  }
};

export const command = (): Command =>
  new Command('techniques')
    .description(
      'List the techniques, what they do, and their options; or measure what each is worth for a model here.',
    )
    .argument('[id]', 'only this technique; with --measure also a family: quantize/')
    .option('--measure <model>', 'build every technique for this model and time it on this machine')
    .option('--inputs <file>', 'with --measure: real inputs (JSONL, CSV, TSV, Parquet, npz), also for calibration')
    .option('--text <column>', 'column of --inputs that holds the text')
    .option('--rows <numbers>', 'with --measure: rows a call to time', '1,8')
    .option('--seconds <number>', 'with --measure: seconds of timing for each number of rows', '60')
    .addOption(
      new Option('-f, --format <format>', 'with --measure').choices(['terminal', 'md', 'json']).default('terminal'),
    )
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  steelyard techniques quantize/dynamic\n  steelyard techniques --measure model/ --inputs data.jsonl --text text',
    )
    .action(async (id: string | undefined, options: Options) => {
      if (options.measure !== undefined) {
        await measure(id, options.measure, options);
        return;
      }
      const { describeTechniques } = await import('../../engine/build/techniques.ts');
      const all = describeTechniques(id);
      if (options.json === true) {
        process.stdout.write(`${JSON.stringify(all, null, 2)}\n`);
        return;
      }
      const blocks = all.map((technique) => {
        const flags = optionLines(technique.options, flagOf);
        return [
          `${technique.id}  (${technique.title})`,
          `  ${technique.summary}`,
          `  Source: ${technique.source}`,
          `  Measured on a real classifier: ${technique.measured} in Steelyard’s repository`,
          ...(flags.length === 0 ? [] : ['  Options:', ...flags]),
        ].join('\n');
      });
      print(blocks.join('\n\n'));
    });
