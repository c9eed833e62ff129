#!/usr/bin/env node
import { Command, CommanderError, Help } from 'commander';
import { closest } from '../contracts/closest.ts';
import { explain, exitCodeOf } from './failure.ts';

/** Each command is one file, loaded only when it is asked for. */
interface Entry {
  readonly summary: string;
  readonly load: () => Promise<{ command: () => Command }>;
}

const commands: Readonly<Record<string, Entry>> = {
  tune: {
    summary: 'build versions, weigh them, decide, write the chosen one',
    load: () => import('./commands/tune.ts'),
  },
  worker: {
    summary: 'do the work of runs that are shared over a queue',
    load: () => import('./commands/worker.ts'),
  },
  queue: {
    summary: 'say who works at a queue, what waits and what failed',
    load: () => import('./commands/queue.ts'),
  },
  evaluate: {
    summary: 'weigh versions made elsewhere against the original',
    load: () => import('./commands/evaluate.ts'),
  },
  watch: { summary: 'look on while a run goes on', load: () => import('./commands/watch.ts') },
  choose: {
    summary: 'decide again from a run: other conditions, nothing measured',
    load: () => import('./commands/choose.ts'),
  },
  report: { summary: 'show the verdict of a run again', load: () => import('./commands/report.ts') },
  optimize: {
    summary: 'apply one technique or a chain to one model',
    load: () => import('./commands/optimize.ts'),
  },
  load: {
    summary: 'put a model or an endpoint under load',
    load: () => import('./commands/load.ts'),
  },
  train: {
    summary: 'train a classifier from scratch, or a given one further',
    load: () => import('./commands/train.ts'),
  },
  score: {
    summary: 'score answers in a file on a GLUE or SuperGLUE task',
    load: () => import('./commands/score.ts'),
  },
  inspect: { summary: 'say what a model is', load: () => import('./commands/inspect.ts') },
  techniques: { summary: 'list the techniques and their options', load: () => import('./commands/techniques.ts') },
  selftest: {
    summary: 'derive published values again on this machine',
    load: () => import('./commands/selftest.ts'),
  },
  cache: { summary: 'what runs leave for each other', load: () => import('./commands/cache.ts') },
  metrics: { summary: 'list what can be measured, and how', load: () => import('./commands/metrics.ts') },
};

const width = Math.max(...Object.keys(commands).map((name) => name.length));

const help = (): string => `Usage: steelyard <command> [options]

Which optimized version of my model should I deploy for this use, and how do I know it is still right?

Commands:
${Object.entries(commands)
  .map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`)
  .join('\n')}

Every command: --help with an example, --json for machines.
Exit codes: 0 chosen or done, 1 a condition failed or nothing qualifies, 2 usage, 3 bad input, 4 internal fault.

Example:
  steelyard tune scenario.yaml
`;

const unknown = (name: string): string => {
  const near = closest(name, Object.keys(commands));
  return `steelyard: unknown command "${name}"${near === null ? '' : `; did you mean "${near}"?`}
  hint: steelyard --help says what each command does: ${Object.keys(commands).join(', ')}
  (usage/command)\n`;
};

const version = async (): Promise<string> => {
  const { packageVersion } = await import('../package/index.ts');
  return packageVersion;
};

const run = async (argv: readonly string[]): Promise<number> => {
  const [name] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const topic = name === 'help' ? argv[1] : undefined;
    if (topic !== undefined && Object.hasOwn(commands, topic)) return run([topic, '--help']);
    if (topic !== undefined) {
      process.stderr.write(unknown(topic));
      return 2;
    }
    process.stdout.write(help());
    return name === undefined ? 2 : 0;
  }
  if (name === '--version' || name === '-V') {
    process.stdout.write(`${await version()}\n`);
    return 0;
  }
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (entry === undefined) {
    process.stderr.write(unknown(name));
    return 2;
  }
  const command = (await entry.load()).command();
  let code = 0;
  command
    .name(`steelyard ${name}`)
    // An option that is repeated begins with an empty list: nothing to tell.
    .configureHelp({
      optionDescription: (option) => new Help().optionDescription(option).replace(' (default: [])', ''),
    })
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text) })
    .showHelpAfterError(`(steelyard ${name} --help shows every option)`)
    .hook('postAction', () => {
      code = typeof process.exitCode === 'number' ? process.exitCode : 0;
    });
  await command.parseAsync(['node', 'steelyard', ...argv.slice(1)]);
  return code;
};

// A reader that left: `steelyard metrics | head` ends quietly, and a run whose progress nobody reads any more goes on.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    process.stderr.write(explain(error, process.argv.includes('--json')));
    process.exitCode = exitCodeOf(error);
  }
}
