import { Command } from 'commander';
import type { EpochResult } from '../../engine/train/train.ts';
import { cancelOnSignals } from '../cancel.ts';
import { columns } from '../columns.ts';
import { bytesText, countText, percentText } from '../numbers.ts';
import { progressLine } from '../progress.ts';

interface Options {
  readonly out: string;
  readonly resume?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

const epochText = ({ epoch, loss, score, seconds, tokensPerSecond }: EpochResult): string =>
  `epoch ${epoch}: loss ${loss.toFixed(3)}, validation ${percentText(score, false)} right, ` +
  `${Math.round(seconds)} s, ${countText(Math.round(tokensPerSecond))} tokens/s`;

const why = {
  epochs: 'all epochs done',
  patience: 'validation got no better',
  seconds: 'the time was over',
} as const;

const run = async (config: string, options: Options): Promise<void> => {
  // Before anything slow is loaded: a Ctrl-C then is heard too.
  const cancel = cancelOnSignals();
  const { trainModel } = await import('../../engine/train/train.ts');
  const line = progressLine();
  const silent = options.quiet === true || options.json === true;
  try {
    const result = await trainModel({
      config,
      out: options.out,
      resume: options.resume === true,
      base: process.cwd(),
      signal: cancel.signal,
      progress: line.show,
      log: silent ? () => undefined : line.log,
      onEpoch: (epoch) => {
        if (!silent) line.log('info', epochText(epoch));
      },
    });
    line.end();
    if (options.json === true) {
      process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
      return;
    }
    const { accuracy, counts, bestEpoch, history, stopped } = result;
    const best = bestEpoch === 0 ? 'none better than the model as it was' : `epoch ${bestEpoch} is the best`;
    const lines = [
      `trained: ${countText(result.weights)} weights, ${result.labels.length} classes, ${history.length} epochs (${why[stopped]}), ${best}`,
      ...columns(
        Object.entries(accuracy).map(([split, share]) => [
          split,
          `${percentText(share, false)} right`,
          `of ${countText(counts[split]!)}`,
        ]),
        'lrr',
      ),
      `written: ${options.out} (${bytesText(result.sizeBytes)})`,
    ];
    process.stdout.write(`${lines.join('\n')}\n`);
  } finally {
    line.end();
    cancel.dispose();
  }
};

export const command = (): Command =>
  new Command('train')
    .description('Train a text classifier from scratch, or a given classifier further, and write it as a model folder.')
    .argument('<config>', 'training file (YAML): model or architecture, data, settings')
    .requiredOption('-o, --out <folder>', 'where to write the model folder')
    .option('--resume', 'go on with a training into this folder that was stopped')
    .option('--json', 'print the result as JSON')
    .option('-q, --quiet', 'print only the result')
    .addHelpText(
      'after',
      `
Example of a file, for an encoder from scratch:
  architecture: { layers: 4, width: 192, heads: 4, positions: 96, vocabulary: { size: 2500 } }
  data:
    columns: { text: text, label: intent }
    train: train.jsonl
    validation: validation.jsonl
    tests: { test: test.jsonl }
  budget: { minutes: 20 }

With "model: folder/" in place of architecture, that model is trained further.

Example:
  steelyard train training.yaml --out my-model/
  steelyard train training.yaml --out my-model/ --resume`,
    )
    .action(run);
