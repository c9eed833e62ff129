import { Command } from 'commander';
import { SteelyardError } from '../../contracts/errors.ts';
import { cancelOnSignals } from '../cancel.ts';
import { progressLine } from '../progress.ts';

interface Options {
  readonly task?: string;
  readonly gold?: string;
  readonly baseline?: string;
  readonly margin?: string;
  readonly labels?: string;
  readonly confidence: string;
  readonly replicates: string;
  readonly seed: string;
  readonly list?: boolean;
  readonly json?: boolean;
}

const usage = (message: string, hint?: string): never => {
  throw new SteelyardError('usage/option', message, hint);
};

const between = (flag: string, text: string, low: number, high: number): number => {
  const value = Number(text);
  return text.trim() !== '' && value >= low && value <= high
    ? value
    : usage(`${flag} is "${text}", expected a number from ${low} to ${high}`);
};

/** "1 pp", "0.5pp" or "0.01". Errors: `usage/option`. */
const marginOf = (text: string): number => {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(pp|points?)?\s*$/.exec(text);
  if (match === null)
    return usage(
      `--margin is "${text}", expected points of 100 or a share`,
      'write "1 pp", or 0.01, for one point of 100',
    );
  const value = Number(match[1]) * (match[2] === undefined ? 1 : 0.01);
  return value < 1
    ? value
    : usage(`--margin is "${text}": a whole score`, 'write "1 pp", or 0.01, for one point of 100');
};

const run = async (predictions: string, options: Options & { task: string; gold: string }): Promise<void> => {
  if (options.margin !== undefined && options.baseline === undefined)
    usage('--margin needs --baseline: it says how much worse than that is allowed');
  const [{ scoreFiles }, { scoreText }] = await Promise.all([
    import('../../engine/measure/score.ts'),
    import('../score-text.ts'),
  ]);
  const cancel = cancelOnSignals();
  const line = progressLine();
  try {
    const result = await scoreFiles({
      task: options.task,
      predictions,
      gold: options.gold,
      baseline: options.baseline,
      margin: options.margin === undefined ? undefined : marginOf(options.margin),
      labels: options.labels?.split(',').map((label) => label.trim()),
      confidence: between('--confidence', options.confidence, 0.5, 0.9999),
      replicates: Math.round(between('--replicates', options.replicates, 200, 1_000_000)),
      seed: Math.round(between('--seed', options.seed, 0, 2 ** 31)),
      base: process.cwd(),
      signal: cancel.signal,
      progress: line.show,
    });
    line.end();
    process.exitCode = result.verdicts.every(({ verdict }) => verdict === 'pass') ? 0 : 1;
    process.stdout.write(`${options.json === true ? JSON.stringify(result, null, 2) : scoreText(result)}\n`);
  } finally {
    line.end();
    cancel.dispose();
  }
};

export const command = (): Command =>
  new Command('score')
    .description(
      'Score a file of answers on a task of GLUE, SuperGLUE or Adversarial GLUE, alone or against another file.',
    )
    .argument('[predictions]', 'answers: JSONL, TSV, CSV or Parquet; a folder for a whole benchmark')
    .option('-t, --task <id>', 'task such as superglue/multirc, or a whole benchmark: glue')
    .option('-g, --gold <path>', 'right answers: the official file or the hub’s; a folder for a whole benchmark')
    .option('-b, --baseline <path>', 'answers of another system on the same rows')
    .option('-m, --margin <points>', 'with --baseline: how much worse is allowed, such as "1 pp"')
    .option('--labels <names>', 'the model’s own order of the labels, for answers that are numbers')
    .option('--confidence <share>', 'of intervals and verdicts', '0.95')
    .option('--replicates <number>', 'bootstrap draws', '10000')
    .option('--seed <number>', 'seed of the bootstrap', '1')
    .option('--list', 'list the tasks with fields, labels, metrics and size')
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      `
Example:
  steelyard score --task superglue/multirc predictions.jsonl --gold val.jsonl
  steelyard score --task glue/sst2 quantized.tsv --gold SST-2/dev.tsv --baseline original.tsv --margin "1 pp"
  steelyard score --task glue answers/ --gold glue_data/
  steelyard score --list

Exit codes: 0 scored, and no metric is worse than --margin allows; 1 one is, or it is undecided.`,
    )
    .action(async (predictions: string | undefined, options: Options) => {
      if (options.list === true) {
        const [{ listScoreTasks }, { listText }] = await Promise.all([
          import('../../engine/measure/score.ts'),
          import('../score-text.ts'),
        ]);
        const tasks = listScoreTasks();
        process.stdout.write(`${options.json === true ? JSON.stringify(tasks, null, 2) : listText(tasks)}\n`);
        return;
      }
      const { task, gold } = options;
      if (predictions === undefined || task === undefined || gold === undefined)
        throw new SteelyardError(
          'usage/option',
          'score needs a file of answers, --task and --gold',
          'steelyard score --list shows the tasks',
        );
      await run(predictions, { ...options, task, gold });
    });
