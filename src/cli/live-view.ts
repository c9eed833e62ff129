import type { MetricSpec, StoreRecord } from '../contracts/index.ts';
import { follow, liveLines, nothingYet } from '../report/index.ts';
import { progressText, type ProgressLine } from './progress.ts';

/** Lines that are rewritten in place on a terminal. */
export interface Screen {
  readonly draw: (lines: readonly string[]) => void;
  /** Take the lines away; what is written next stands in their place. */
  readonly clear: () => void;
}

/** Rewrite lines in place. Nothing but cursor movements of one's own: up, to the left, delete the line. */
export const screenOf = (stream: Pick<NodeJS.WriteStream, 'write'>): Screen => {
  let drawn = 0;
  const clear = (): void => {
    if (drawn > 0) stream.write(`${'\u001B[1A\u001B[2K'.repeat(drawn)}\r`);
    drawn = 0;
  };
  return {
    clear,
    draw(lines) {
      clear();
      stream.write(lines.map((line) => `${line}\n`).join(''));
      drawn = lines.length;
    },
  };
};

/** Whether a stream is a terminal that a person watches. */
export const isWatched = (stream: { readonly isTTY?: boolean }): boolean =>
  stream.isTTY === true &&
  process.env['CI'] === undefined &&
  process.env['NO_COLOR'] === undefined &&
  process.env['TERM'] !== 'dumb';

export interface LiveView extends ProgressLine {
  readonly hear: (record: StoreRecord) => void;
}

/** A run as it goes on: a few lines on a terminal, rewritten once a second, from its records and what is said of its progress. */
export const liveView = (
  metrics: readonly MetricSpec[],
  stream: NodeJS.WriteStream = process.stderr,
  now: () => number = Date.now,
): LiveView => {
  const screen = screenOf(stream);
  let live = nothingYet;
  let doing: string | undefined;
  let label = '';
  let since = now();
  let last = 0;
  const draw = (): void => {
    last = now();
    screen.draw(liveLines(live, metrics, last, { width: Math.max(20, (stream.columns || 80) - 1), doing }));
  };
  const timer = setInterval(draw, 1000);
  timer.unref();
  return {
    hear(record) {
      live = follow(live, record);
    },
    show(progress) {
      if (progress.label !== label) [label, since] = [progress.label, now()];
      doing = progressText(progress, (now() - since) / 1000);
      if (now() - last >= 250) draw();
    },
    log(level, message) {
      if (level === 'debug') return;
      screen.clear();
      stream.write(`${level === 'warn' ? 'warning: ' : ''}${message}\n`);
    },
    end() {
      clearInterval(timer);
      screen.clear();
    },
  };
};
