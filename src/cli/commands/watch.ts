import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { SteelyardError } from '../../contracts/errors.ts';

const pauseMs = 500;

export const command = (): Command =>
  new Command('watch')
    .description('Look on while another process runs: what was tried, the best so far, the time that is left.')
    .argument('<run>', 'run folder; it is only read')
    .option('--once', 'print how things stand, and end')
    .option('--json', 'print a line for every record that matters, with how things stand then')
    .addHelpText(
      'after',
      `
It ends when the run has decided, or with Ctrl-C, which does not touch the run.

Example:
  steelyard watch runs/support-desk-2026-11-24-101500
  steelyard watch runs/friday --once`,
    )
    .action(async (run: string, options: { once?: boolean; json?: boolean }) => {
      const [{ cancelOnSignals }, { isWatched, screenOf }, { followRecords }, report, { metrics }] = await Promise.all([
        import('../cancel.ts'),
        import('../live-view.ts'),
        import('../../records/index.ts'),
        import('../../report/index.ts'),
        import('../../engine/measure/known-metrics.ts'),
      ]);
      const folder = resolve(run);
      if (!existsSync(folder) || (options.once === true && !existsSync(join(folder, 'records.jsonl'))))
        throw new SteelyardError(
          'engine/no-run',
          `${run} holds no run`,
          'give the folder of a run that goes on, for example runs/support-desk-…; of many scenarios the folder of one',
        );
      const { follow, liveLines, nothingYet } = report;
      const cancel = cancelOnSignals('');
      const out = process.stdout;
      const watched = isWatched(out) && options.json !== true && options.once !== true;
      const screen = watched ? screenOf(out) : null;
      const lines = (): readonly string[] =>
        liveLines(live, metrics, Date.now(), { width: Math.max(20, (out.columns || 100) - 1) });
      let live = nothingYet;
      let told = '';
      try {
        for await (const record of followRecords(folder, { pauseMs, signal: cancel.signal })) {
          if (record !== null) {
            const before = live;
            live = follow(live, record);
            if (options.json === true && live !== before)
              out.write(
                `${JSON.stringify({ kind: record.kind, at: record.at, built: live.built, looks: live.trials.length, chosen: live.choice?.chosen ?? null, lines: lines() })}\n`,
              );
            continue;
          }
          if (options.json !== true) {
            // Where nothing can be rewritten, only what is new is printed.
            const state = JSON.stringify([live.last, live.trials.length, live.built]);
            if (screen !== null) screen.draw(lines());
            else if (state !== told) out.write(`${lines().join('\n')}\n${options.once === true ? '' : '\n'}`);
            told = state;
          }
          if (options.once === true || live.choice !== null) break;
        }
      } finally {
        cancel.dispose();
      }
    });
