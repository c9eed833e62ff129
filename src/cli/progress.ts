import type { Progress } from '../contracts/index.ts';

const time = (seconds: number): string => {
  if (!Number.isFinite(seconds) || seconds < 0) return '?';
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
};

export interface ProgressLine {
  readonly show: (progress: Progress) => void;
  readonly log: (level: 'debug' | 'info' | 'warn', message: string) => void;
  readonly end: () => void;
}

/** "measuring latency  41 %, 12 s left  quantize/dynamic"; `seconds` since this label began. */
export const progressText = ({ label, done, total, detail }: Progress, seconds: number): string => {
  const share = total === null || total === 0 ? null : Math.min(1, done / total);
  const left = share === null || share <= 0.02 ? '' : `, ${time((seconds / share) * (1 - share))} left`;
  const count = share === null ? '' : ` ${String(Math.round(share * 100)).padStart(3)} %`;
  return `${label}${count}${left}${detail === undefined ? '' : `  ${detail}`}`;
};

/** One line on stderr that is rewritten in place, with elapsed and remaining time; silent when stderr is no terminal.
 *  Warnings are always printed. */
export const progressLine = (
  stream: NodeJS.WriteStream = process.stderr,
  now: () => number = Date.now,
): ProgressLine => {
  const live = stream.isTTY === true && process.env['CI'] === undefined && process.env['TERM'] !== 'dumb';
  const started = now();
  let label = '';
  let labelSince = started;
  let drawn = false;
  let last = 0;
  const clear = (): void => {
    if (drawn) stream.write('\r\u001B[2K');
    drawn = false;
  };
  return {
    show(progress) {
      if (!live) return;
      const at = now();
      if (progress.label !== label) {
        label = progress.label;
        labelSince = at;
      } else if (at - last < 80 && progress.done !== progress.total) return;
      last = at;
      const text = `${time((at - started) / 1000).padStart(7)}  ${progressText(progress, (at - labelSince) / 1000)}`;
      clear();
      stream.write(text.slice(0, Math.max(20, (stream.columns ?? 80) - 1)));
      drawn = true;
    },
    log(level, message) {
      if (level === 'debug' || (level === 'info' && !live)) return;
      clear();
      stream.write(`${level === 'warn' ? 'warning: ' : ''}${message}\n`);
    },
    end: clear,
  };
};
