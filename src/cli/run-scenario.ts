import { SteelyardError, type ChoiceRecord } from '../contracts/index.ts';
import { withoutPassword } from '../records/postgres/address.ts';
import { cancelOnSignals } from './cancel.ts';

/** How the work is shared. */
export interface SharedOptions {
  readonly queue?: string;
  readonly artifacts?: string;
  readonly name?: string;
  readonly width?: number;
  readonly patience?: number;
}

interface Options extends SharedOptions {
  readonly out?: string;
  readonly resume?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
  /** False: neither take from the cache nor leave anything there. */
  readonly cache?: boolean;
}

/** The command's words for sharing, without a password: what a user can repeat, and anybody may read. */
const sharedWords = ({ queue, artifacts, name }: SharedOptions): readonly string[] =>
  queue === undefined
    ? []
    : [
        '--queue',
        withoutPassword(queue),
        ...(artifacts === undefined ? [] : ['--artifacts', artifacts]),
        ...(name === undefined ? [] : ['--name', name]),
      ];

const sharedOf = ({ queue, artifacts, name, width, patience }: SharedOptions) => {
  if (queue === undefined) {
    const [alone] = Object.entries({ artifacts, name }).find(([, value]) => value !== undefined) ?? [];
    if (alone !== undefined)
      throw new SteelyardError(
        'usage/queue',
        `--${alone} is about shared runs`,
        'add --queue postgres://user@host/database',
      );
    return {};
  }
  return { queue: { url: queue, artifacts, name, width, patienceSeconds: patience } };
};

/** A word as a shell needs it. */
export const quote = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** Whether a script may go on: some version meets every condition, and the choice held on held-back data (where anything could be tested
 *  again). Keeping the original because no version qualifies is an answer for people, not a success for a script. */
export const succeeded = ({ chosen, candidates, confirmation, checks = [] }: ChoiceRecord): boolean =>
  chosen !== null &&
  candidates.some(({ verdict }) => verdict === 'pass') &&
  (confirmation === null || confirmation.verdict === 'pass') &&
  // What was preferred did not hold on held-back data, and the original stays.
  (checks.length === 0 || checks.at(-1)!.verdict === 'pass');

/** The work of `tune` and `evaluate`: run the scenario, print the report, set the exit code. `scenario`: null where a shared run goes on from
 *  what it sent along. */
export const runScenario = async (
  verb: 'tune' | 'evaluate',
  scenario: string | null,
  options: Options,
  candidates?: readonly string[],
): Promise<void> => {
  // Before anything slow is loaded: a Ctrl-C then is heard too.
  const cancel = cancelOnSignals();
  const [{ tune }, { printReport, writeReports }, { cacheFolder }] = await Promise.all([
    import('../engine/tune.ts'),
    import('./print-report.ts'),
    import('../records/index.ts'),
  ]);
  const view = await (await import('./view-of.ts')).viewOf(options);
  try {
    const result = await tune({
      scenario,
      out: options.out,
      resume: options.resume === true,
      cache: options.cache === false ? null : cacheFolder(),
      ...(candidates === undefined ? {} : { candidates }),
      ...sharedOf(options),
      command: [
        'steelyard',
        verb,
        ...(scenario === null ? [] : [scenario]),
        ...(candidates ?? []).flatMap((one) => ['--candidate', one]),
        ...sharedWords(options),
        ...(scenario === null ? ['--resume'] : []),
      ]
        .map(quote)
        .join(' '),
      base: process.cwd(),
      signal: cancel.signal,
      hear: view.hear,
      progress: view.show,
      log: view.log,
    });
    view.end();
    const files = await writeReports(result.folder);
    if (options.json === true)
      process.stdout.write(
        `${JSON.stringify({ folder: result.folder, model: result.written, choice: result.choice, files }, null, 2)}\n`,
      );
    else await printReport(result.folder, { brief: options.quiet === true, written: result.written, files });
    process.exitCode = succeeded(result.choice) ? 0 : 1;
  } finally {
    view.end();
    cancel.dispose();
  }
};
