import { isWatched, liveView, type LiveView } from './live-view.ts';
import { plainView } from './plain-view.ts';
import { progressLine } from './progress.ts';

/** How the progress of a run is told: rewritten lines for who watches a terminal, plain lines where it goes into a file or a log; for
 *  `--json` and `--quiet`, and on a terminal that wants no colors, what `progressLine` does. It ends with `end`. */
export const viewOf = async (
  { json, quiet }: { readonly json?: boolean; readonly quiet?: boolean },
  stream: NodeJS.WriteStream = process.stderr,
): Promise<Omit<LiveView, 'hear'> & Partial<Pick<LiveView, 'hear'>>> => {
  const silent = quiet === true || json === true;
  const rewrites = stream.isTTY === true && process.env['CI'] === undefined && process.env['TERM'] !== 'dumb';
  if (silent || (rewrites && !isWatched(stream))) {
    const line = progressLine(stream);
    return silent ? { ...line, log: () => undefined } : line;
  }
  const { metrics } = await import('../engine/measure/known-metrics.ts');
  return isWatched(stream) ? liveView(metrics, stream) : plainView(metrics, stream);
};
