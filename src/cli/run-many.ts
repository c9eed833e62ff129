import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { SteelyardError } from '../contracts/errors.ts';
import { cancelOnSignals } from './cancel.ts';
import { explain } from './failure.ts';
import { quote, succeeded } from './run-scenario.ts';

interface Options {
  readonly queue?: string;
  readonly out?: string;
  readonly resume?: boolean;
  readonly cache?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Tune several scenarios in one run: a report for each, and the matrix of scenarios and versions. */
export const runMany = async (scenarios: readonly string[], options: Options): Promise<void> => {
  if (options.queue !== undefined)
    throw new SteelyardError(
      'usage/many-queue',
      'several scenarios are tuned on this machine; a queue takes one scenario',
      'give --queue with one scenario at a time',
    );
  const cancel = cancelOnSignals();
  const [{ tuneMany }, { writeReports, terminal }, { cacheFolder }, report, { metrics }] = await Promise.all([
    import('../engine/many.ts'),
    import('./print-report.ts'),
    import('../records/index.ts'),
    import('../report/index.ts'),
    import('../engine/measure/known-metrics.ts'),
  ]);
  const view = await (await import('./view-of.ts')).viewOf(options);
  try {
    const { folder, rows, results, failed } = await tuneMany({
      scenarios,
      out: options.out,
      resume: options.resume === true,
      cache: options.cache === false ? null : cacheFolder(),
      command: ['steelyard', 'tune', ...scenarios].map(quote).join(' '),
      base: process.cwd(),
      signal: cancel.signal,
      hear: view.hear,
      progress: view.show,
      log: view.log,
    });
    view.end();
    for (const result of results) await writeReports(result.folder);
    const blocks = report.matrixBlocks(rows, metrics);
    await writeFile(join(folder, 'matrix.md'), report.toMarkdown(blocks));
    await writeFile(join(folder, 'matrix.html'), report.toHtml(blocks));
    if (options.json === true)
      process.stdout.write(
        `${JSON.stringify({ folder, runs: results.map((result, at) => ({ scenario: rows[at]!.scenario, folder: result.folder, model: result.written, choice: result.choice })), failed: failed.map(({ scenario, error }) => ({ scenario, code: error.code, message: error.message, hint: error.hint ?? null })), blocks }, null, 2)}\n`,
      );
    else
      process.stdout.write(
        `${report.toTerminal(blocks, terminal())}\nmatrix: ${relative(process.cwd(), join(folder, 'matrix.html'))} (also .md; a report for each scenario beside it)\n`,
      );
    if (options.json !== true)
      for (const { scenario, error } of failed)
        process.stderr.write(`${scenario} could not be tuned:\n${explain(error, false)}`);
    process.exitCode = failed.length === 0 && results.every(({ choice }) => succeeded(choice)) ? 0 : 1;
  } finally {
    view.end();
    cancel.dispose();
  }
};
