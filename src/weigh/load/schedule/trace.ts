import { readFile, stat } from 'node:fs/promises';
import { SteelyardError } from '../../../contracts/index.ts';

const mostBytes = 64 * 1024 * 1024;

const bad = (path: string, what: string): never => {
  throw new SteelyardError(
    'load/trace',
    `${path}: ${what}`,
    'a trace has one arrival a line, in seconds or as a date and time ("2026-01-31T12:00:00.250Z"); or is a JSON list of them',
  );
};

const secondsOf = (path: string, entry: unknown, at: number): number => {
  if (typeof entry === 'number' && Number.isFinite(entry)) return entry;
  const text = typeof entry === 'string' ? entry.trim() : '';
  const plain = text === '' ? Number.NaN : Number(text);
  if (Number.isFinite(plain)) return plain;
  const date = /^\d{4}-\d\d-\d\d[T ]/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isFinite(date) ? date / 1000 : bad(path, `entry ${at + 1} is "${text.slice(0, 40)}", which is no time`);
};

/** Arrival times in ms from the text of a trace, the first at 0. Errors: `load/trace`. */
export const parseTrace = (path: string, text: string): Float64Array => {
  const trimmed = text.trim();
  let entries: unknown[];
  if (trimmed.startsWith('[')) {
    try {
      entries = JSON.parse(trimmed) as unknown[];
    } catch (error) {
      return bad(path, `it is no JSON list: ${(error as Error).message}`);
    }
  } else entries = trimmed.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
  if (entries.length < 2) return bad(path, `${entries.length} arrivals are not enough for a schedule`);
  const seconds = entries.map((entry, at) => secondsOf(path, entry, at));
  const first = seconds[0]!;
  for (let i = 1; i < seconds.length; i++)
    if (seconds[i]! < seconds[i - 1]!)
      return bad(path, `entry ${i + 1} lies before the one above it: sort the arrivals`);
  return Float64Array.from(seconds, (at) => (at - first) * 1000);
};

/** The same from a file. Errors: `load/trace`. */
export const readTrace = async (path: string): Promise<Float64Array> => {
  try {
    if ((await stat(path)).size > mostBytes) return bad(path, `it is larger than ${mostBytes} bytes`);
    return parseTrace(path, await readFile(path, 'utf8'));
  } catch (error) {
    if (error instanceof SteelyardError) throw error;
    return bad(path, `it cannot be read: ${(error as Error).message}`);
  }
};

/** Mean arrivals per second of a trace. */
export const traceRate = (times: Float64Array): number => ((times.length - 1) * 1000) / Math.max(times.at(-1)!, 1e-9);

/** A trace cut to at most `maxMs` and, with a rate, stretched to it: the pattern stays. */
export const replay = (times: Float64Array, rate: number | null, maxMs: number): Float64Array => {
  const scale = rate === null ? 1 : traceRate(times) / rate;
  return times.map((at) => at * scale).filter((at) => at <= maxMs);
};
