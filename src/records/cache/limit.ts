import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SteelyardError } from '../../contracts/index.ts';
import { onDisk } from '../files/fault.ts';

/** What a cache may hold where nobody said anything. */
export const defaultLimitBytes = 10e9;

const scales: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };

/** Bytes from what a user writes: "20GB", "500 MB", "1.5g", "800000". Units are powers of 1,000.
 *  Errors: `usage/size`. */
export const parseSize = (text: string): number => {
  const [, number, unit] = /^\s*(\d+(?:\.\d+)?)\s*([kmgt]?)b?\s*$/i.exec(text) ?? [];
  const bytes = Number(number) * (scales[(unit ?? '').toLowerCase()] ?? Number.NaN);
  if (number === undefined || !Number.isSafeInteger(Math.round(bytes)))
    throw new SteelyardError('usage/size', `"${text}" is not a size`, 'write for example 20GB, 500MB or 1.5TB');
  return Math.round(bytes);
};

/** Bytes as a user reads them, to three digits: "1.24 GB". */
export const sizeText = (bytes: number): string => {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const index = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** index;
  return `${index === 0 || value >= 100 ? Math.round(value) : value.toPrecision(3)} ${units[index]!}`;
};

const fileOf = (root: string): string => join(root, 'limit.json');

/** How many bytes a cache may hold: `$STEELYARD_CACHE_LIMIT`, else what `steelyard cache limit` set, else 10 GB.
 *  Errors: `usage/size` when the variable is not a size. */
export const limitOf = async (
  root: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<number> => {
  const wanted = env['STEELYARD_CACHE_LIMIT'] ?? '';
  if (wanted !== '') return parseSize(wanted);
  try {
    const { bytes } = JSON.parse(await readFile(fileOf(root), 'utf8')) as { bytes?: unknown };
    return typeof bytes === 'number' && bytes > 0 ? bytes : defaultLimitBytes;
  } catch {
    return defaultLimitBytes;
  }
};

/** Set the limit. Errors: `usage/size` for zero; `store/…` when it cannot be written. */
export const setLimit = async (root: string, bytes: number): Promise<void> => {
  if (!(bytes > 0))
    throw new SteelyardError(
      'usage/size',
      'a limit of zero would keep nothing',
      'to go without a cache use --no-cache, or set STEELYARD_CACHE=off',
    );
  const draft = `${fileOf(root)}.${process.pid}`;
  await onDisk('setting the limit of the cache', root, async () => {
    await mkdir(root, { recursive: true, mode: 0o700 });
    await writeFile(draft, `${JSON.stringify({ bytes })}\n`);
    await rename(draft, fileOf(root));
  });
};
