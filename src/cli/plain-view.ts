import type { MetricSpec, StoreRecord } from '../contracts/index.ts';
import { duration, follow, nothingYet, searchLine, visible } from '../report/index.ts';
import type { LiveView } from './live-view.ts';
import { progressText } from './progress.ts';

/** "0:07", "12:30", "1:02:03" */
const clock = (seconds: number): string => {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours === 0 ? `${minutes}:${two(whole % 60)}` : `${hours}:${two(minutes)}:${two(whole % 60)}`;
};

/** Time between two lines of the same phase. */
const pauseMs = 10_000;
/** Time after which the same line is told again. */
const stillMs = 60_000;

const told: ReadonlySet<StoreRecord['kind']> = new Set(['run', 'search', 'trial', 'choice']);

/** A run as it goes on where nothing can be rewritten (a pipe, the log of a build server): a line, with the time since the start, for each
 *  phase and each thoroughness of looks that begins, and at most one in ten seconds within a phase, where
 *  something has changed. Records from before this view began (a
 *  run that goes on) are counted, not told. */
export const plainView = (
  metrics: readonly MetricSpec[],
  stream: Pick<NodeJS.WriteStream, 'write'> = process.stderr,
  now: () => number = Date.now,
): LiveView => {
  const started = now();
  let live = nothingYet;
  let label = '';
  let since = started;
  let last = Number.NEGATIVE_INFINITY;
  let lastLine = '';
  /** What was told when it began: later it is no news. */
  let begun = new Set<string>();
  let rung = -1;
  /** Records of this view's time: a run that is opened again in it reads them again. */
  const heard = new Set<string>();
  const isNew = ({ key, at }: StoreRecord): boolean =>
    Date.parse(at) >= started && !heard.has(`${key} ${at}`) && heard.add(`${key} ${at}`).size > 0;
  const tell = (text: string): void => {
    last = now();
    stream.write(`[${clock((last - started) / 1000)}] ${visible(text)}\n`);
  };
  const tellSearch = (): void => {
    const line = searchLine(live, metrics);
    if (line === null || (line === lastLine && now() - last < stillMs)) return;
    lastLine = line;
    tell(`searching, ${line}`);
  };
  const hearNew = (record: StoreRecord): void => {
    if (record.kind === 'run') {
      // Of many scenarios, the next one.
      begun = new Set();
      const { name, budgetSeconds } = live;
      tell(budgetSeconds === null ? name : `${name}: about ${duration(budgetSeconds)}`);
    } else if (record.kind === 'search') {
      rung = -1;
      tell(`searching among ${record.points} combinations for at most ${duration(record.budgetSeconds)}`);
    } else if (record.kind === 'trial' && live.trials.at(-1) === record) {
      const longer = record.rung > rung;
      if (longer && rung >= 0) tell(`first look at ${live.search?.rungs[record.rung]?.name ?? 'more rows'}`);
      rung = Math.max(rung, record.rung);
      if (now() - last >= pauseMs) tellSearch();
    } else if (record.kind === 'choice') {
      const { chosen, nearest, confirmation } = record;
      const what =
        chosen === null
          ? `no version qualifies${nearest === null ? '' : `; ${nearest} comes closest`}`
          : chosen === 'baseline'
            ? 'the original stays'
            : `chosen ${chosen}`;
      tell(`${what}${confirmation === null ? '' : `; held-back data: ${confirmation.verdict}`}`);
    }
  };
  return {
    hear(record) {
      live = follow(live, record);
      if (told.has(record.kind) && isNew(record)) hearNew(record);
    },
    show(progress) {
      if (progress.label !== label) {
        // What the search came to, before what follows it.
        if (label === 'searching') tellSearch();
        [label, since] = [progress.label, now()];
      }
      const news = !begun.has(label);
      begun.add(label);
      if (!news && now() - last < pauseMs) return;
      if (label === 'searching') tellSearch();
      else tell(progressText(progress, (now() - since) / 1000));
    },
    log(level, message) {
      // Details are for who watches.
      if (level === 'warn') stream.write(`warning: ${visible(message)}\n`);
    },
    end: () => undefined,
  };
};
