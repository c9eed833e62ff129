import { Command, Option } from 'commander';
import { SteelyardError } from '../../contracts/errors.ts';
import type { LoadReport } from '../../engine/measure/load.ts';
import { cancelOnSignals } from '../cancel.ts';
import { loadText } from '../load-text.ts';
import { progressLine } from '../progress.ts';

interface Options {
  readonly scenario: 'server' | 'single-stream' | 'multi-stream' | 'offline';
  readonly rate?: string;
  readonly limit?: string;
  readonly percentile: string;
  readonly seconds: string;
  readonly minQueries: string;
  readonly arrivals: 'poisson' | 'gamma' | 'constant' | 'trace';
  readonly burstiness: string;
  readonly trace?: string;
  readonly batch: string;
  readonly threads: string;
  readonly data?: string;
  readonly text?: string;
  readonly tokenizer?: string;
  readonly tensors: 'auto' | 'json' | 'binary';
  readonly timeout: string;
  readonly header: readonly string[];
  readonly modelName?: string;
  readonly maxTokens: string;
  readonly seed: string;
  readonly json?: boolean;
}

const positive = (flag: string, text: string, whole = false): number => {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value > 0 && (!whole || Number.isInteger(value))) return value;
  throw new SteelyardError('usage/option', `${flag} is "${text}", expected a ${whole ? 'whole ' : ''}number above 0`);
};

/** "20 ms", "0.5 s"; a plain number is milliseconds. */
const milliseconds = (flag: string, text: string): number => {
  const found = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|us)?\s*$/.exec(text);
  const value = found === null ? 0 : Number(found[1]) * { ms: 1, s: 1000, us: 0.001 }[(found[2] ?? 'ms') as 'ms'];
  if (value > 0) return value;
  throw new SteelyardError('usage/option', `${flag} is "${text}", expected a time such as "20 ms"`);
};

const headersOf = (given: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    given.map((one) => {
      const at = one.indexOf(':');
      if (at < 1) throw new SteelyardError('usage/option', `--header is "${one}", expected "Name: value"`);
      return [one.slice(0, at).trim(), one.slice(at + 1).trim()];
    }),
  );

const test = async (target: string, options: Options): Promise<LoadReport> => {
  const percentile = positive('--percentile', options.percentile) / 100;
  if (percentile < 0.5 || percentile >= 1)
    throw new SteelyardError('usage/option', `--percentile is "${options.percentile}", expected 50 to 99.99`);
  if (options.arrivals === 'trace' && options.trace === undefined)
    throw new SteelyardError('usage/option', '--arrivals trace needs --trace <file>');
  const { loadTest } = await import('../../engine/measure/load.ts');
  const cancel = cancelOnSignals();
  const line = progressLine();
  try {
    return await loadTest({
      target,
      scenario: options.scenario,
      rate: options.rate === undefined ? undefined : positive('--rate', options.rate),
      limitMs: options.limit === undefined ? undefined : milliseconds('--limit', options.limit),
      percentile,
      seconds: positive('--seconds', options.seconds),
      minQueries: positive('--min-queries', options.minQueries, true),
      arrivals: options.trace === undefined ? options.arrivals : 'trace',
      burstiness: positive('--burstiness', options.burstiness),
      trace: options.trace,
      batchSize: positive('--batch', options.batch, true),
      threads: positive('--threads', options.threads, true),
      data: options.data,
      textColumn: options.text,
      tokenizer: options.tokenizer,
      endpoint: {
        timeoutMs: milliseconds('--timeout', options.timeout),
        headers: headersOf(options.header),
        tensors: options.tensors,
        maxTokens: positive('--max-tokens', options.maxTokens, true),
        ...(options.modelName === undefined ? {} : { model: options.modelName }),
      },
      seed: Number(options.seed),
      base: process.cwd(),
      signal: cancel.signal,
      progress: line.show,
      log: line.log,
    });
  } finally {
    line.end();
    cancel.dispose();
  }
};

export const command = (): Command =>
  new Command('load')
    .description(
      'Put a model or an endpoint under load by one of MLPerf’s scenarios: latency from when a request is due, goodput, faults.',
    )
    .argument('<target>', 'model folder, .onnx file, hf:owner/name, or the address of an endpoint')
    .addOption(
      new Option('--scenario <name>', 'how requests are sent')
        .choices(['server', 'single-stream', 'multi-stream', 'offline'])
        .default('server'),
    )
    .option('--rate <number>', 'server: requests per second (default: half of what is possible)')
    .option(
      '--limit <time>',
      'server: within which a request must be answered, "20 ms" (default: ten times the warm time)',
    )
    .option('--percentile <number>', 'server: per cent of requests that must keep the limit', '99')
    .option('--seconds <number>', 'shortest duration; LoadGen asks for 600', '20')
    .option('--min-queries <number>', 'fewest queries', '64')
    .addOption(
      new Option('--arrivals <kind>', 'server: independent, in bursts, even, or as in a file')
        .choices(['poisson', 'gamma', 'constant', 'trace'])
        .default('poisson'),
    )
    .option('--burstiness <number>', 'gamma arrivals: 1 is Poisson, below 1 in bursts', '0.5')
    .option('--trace <file>', 'arrival times to replay, one a line')
    .option('--batch <number>', 'offline and multi-stream: rows in one call', '1')
    .option('--threads <number>', 'of a model that is run here', '1')
    .option('--data <file>', 'real inputs (JSONL, CSV, TSV, Parquet, npz)')
    .option('--text <column>', 'column of --data with the text')
    .option('--tokenizer <folder>', 'for endpoints that take token ids: the model folder whose tokenizer makes them')
    .addOption(
      new Option(
        '--tensors <form>',
        'for endpoints of the Open Inference Protocol: bytes where the server’s metadata offers them, or as said',
      )
        .choices(['auto', 'json', 'binary'])
        .default('auto'),
    )
    .option('--timeout <time>', 'for endpoints: of one request', '10 s')
    .option(
      '--header <header>',
      'for endpoints: "Name: value"; repeat for more',
      (one: string, all: readonly string[]) => [...all, one],
      [],
    )
    .option('--model-name <name>', 'for OpenAI-shaped endpoints: which model is asked')
    .option('--max-tokens <number>', 'for /v1/completions and /v1/chat/completions: length of an answer', '16')
    .option('--seed <number>', 'of the schedule and the choice of inputs', '1')
    .option('--json', 'print as JSON, with a summary under LoadGen’s names')
    .addHelpText(
      'after',
      `
Example:
  steelyard load model/ --scenario server --rate 50 --limit "20 ms" --data test.jsonl --text question
  steelyard load http://localhost:8000/v2/models/intent --rate 100 --tokenizer model/
  steelyard load http://localhost:8000/v1/embeddings --model-name e5 --data test.jsonl --text question

Exit codes: 0 the run is valid and keeps the limit, 1 it is not.`,
    )
    .action(async (target: string, options: Options) => {
      const report = await test(target, options);
      process.exitCode = report.summary.valid && report.violations.length === 0 ? 0 : 1;
      process.stdout.write(options.json === true ? `${JSON.stringify(report, null, 2)}\n` : `${loadText(report)}\n`);
    });
