import { Command } from 'commander';
import { SteelyardError } from '../../contracts/errors.ts';
import { columns } from '../columns.ts';

type Records = typeof import('../../records/index.ts');

const say = (lines: readonly string[]): void => void process.stdout.write(`${lines.join('\n')}\n`);

/** Answer with JSON for machines or lines for people. */
const answer = (json: boolean | undefined, value: unknown, lines: () => readonly string[]): void =>
  say(json === true ? [JSON.stringify(value, null, 2)] : lines());

/** The cache's folder with what can be done to it. Errors: `usage/cache` when it is switched off. */
const opened = async (): Promise<Records & { readonly folder: string }> => {
  const records = await import('../../records/index.ts');
  const folder = records.cacheFolder();
  if (folder === null)
    throw new SteelyardError(
      'usage/cache',
      'the cache is switched off: STEELYARD_CACHE is "off"',
      'unset it, or name a folder',
    );
  return { ...records, folder };
};

const dayMs = 86_400_000;
const spans: Readonly<Record<string, number>> = { h: dayMs / 24, d: dayMs, w: 7 * dayMs };

/** Milliseconds from "30d", "12h", "2w". Errors: `usage/age`. */
const parseAge = (text: string): number => {
  const [, count, unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([hdw])\s*$/i.exec(text) ?? [];
  if (count === undefined)
    throw new SteelyardError('usage/age', `"${text}" is not an age`, 'write for example 12h, 30d or 2w');
  return Number(count) * spans[unit.toLowerCase()]!;
};

const nouns = { build: 'builds', step: 'beginnings of chains', predict: 'answers', measure: 'measurements' } as const;

const summary = async (json: boolean | undefined): Promise<void> => {
  const { folder, summarizeCache, sizeText } = await opened();
  const found = await summarizeCache(folder);
  answer(json, found, () => {
    const { entries, lastRun } = found;
    const counts = (of: Readonly<Record<keyof typeof nouns, number>>): string =>
      (Object.keys(nouns) as (keyof typeof nouns)[])
        .filter((kind) => of[kind] > 0)
        .map((kind) => `${of[kind]} ${nouns[kind]}`)
        .join(', ') || 'nothing';
    return columns([
      ['folder', found.folder],
      ['size', `${sizeText(found.sizeBytes)} of ${sizeText(found.limitBytes)}`],
      ['entries', counts(entries)],
      ['files', String(found.artifacts)],
      ...(lastRun === null
        ? []
        : [
            ['last run', lastRun.at.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')],
            ['  took', counts(lastRun.taken)],
            ['  left', counts(lastRun.kept)],
          ]),
    ]);
  });
};

const list = async (json: boolean | undefined): Promise<void> => {
  const { folder, listCache, sizeText } = await opened();
  const entries = await listCache(folder);
  answer(json, entries, () =>
    entries.length === 0
      ? ['the cache is empty']
      : columns(
          [
            ['last used', 'kind', 'size', 'of', 'key'],
            ...entries.map(({ used, kind, sizeBytes, of, key }) => [
              used.slice(0, 16).replace('T', ' '),
              kind,
              sizeText(sizeBytes),
              of.length > 60 ? `${of.slice(0, 59)}…` : of,
              key.slice('sha256:'.length, 'sha256:'.length + 12),
            ]),
          ],
          'llrll',
        ),
  );
};

const verify = async (json: boolean | undefined): Promise<void> => {
  const { folder, verifyCache } = await opened();
  const found = await verifyCache(folder);
  answer(json, found, () => [
    `${found.entries} entries and ${found.artifacts} files are as they were written`,
    ...found.damaged.map(({ path, why }) => `removed ${path}: ${why}`),
  ]);
  process.exitCode = found.damaged.length === 0 ? 0 : 1;
};

const removed = (
  json: boolean | undefined,
  found: { files: number; bytes: number; leftBytes: number },
  text: Records['sizeText'],
): void =>
  answer(json, found, () => [`removed ${found.files} files, ${text(found.bytes)}; ${text(found.leftBytes)} are left`]);

const prune = async (options: { to?: string; olderThan?: string; json?: boolean }): Promise<void> => {
  const { folder, pruneCache, parseSize, sizeText } = await opened();
  const targetBytes = options.to === undefined ? undefined : parseSize(options.to);
  const sinceMs = options.olderThan === undefined ? undefined : Date.now() - parseAge(options.olderThan);
  removed(options.json, await pruneCache(folder, { targetBytes, sinceMs }), sizeText);
};

const clear = async (json: boolean | undefined): Promise<void> => {
  const { folder, clearCache, sizeText } = await opened();
  removed(json, await clearCache(folder), sizeText);
};

const limit = async (size: string, json: boolean | undefined): Promise<void> => {
  const { folder, parseSize, setLimit, sizeText } = await opened();
  const limitBytes = parseSize(size);
  await setLimit(folder, limitBytes);
  answer(json, { folder, limitBytes }, () => [
    `the cache may hold ${sizeText(limitBytes)}`,
    ...(process.env['STEELYARD_CACHE_LIMIT'] === undefined
      ? []
      : ['as long as STEELYARD_CACHE_LIMIT is set, that counts']),
  ]);
};

export const command = (): Command => {
  const cache = new Command('cache')
    .description('What runs leave for each other: builds, answers and measurements of answers, never times.')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Where: $STEELYARD_CACHE, else $XDG_CACHE_HOME/steelyard, else ~/.cache/steelyard. STEELYARD_CACHE=off: none.
How much: $STEELYARD_CACHE_LIMIT, else what "cache limit" set, else 10 GB; what was not used for the longest time goes first.

Example:
  steelyard cache
  steelyard cache list --json
  steelyard cache prune --older-than 30d
  steelyard cache prune --to 5GB
  steelyard cache limit 20GB

Exit codes: 0 done, 1 verify found and removed something damaged.`,
    )
    .action(() => summary(cache.opts<{ json?: boolean }>().json));
  // The parent knows --json too and takes it wherever it stands.
  const json = (): boolean | undefined => cache.opts<{ json?: boolean }>().json;
  cache
    .command('list')
    .description('every entry, the last used first')
    .action(() => list(json()));
  cache
    .command('verify')
    .description('compare everything with its digest and remove what is damaged')
    .action(() => verify(json()));
  cache
    .command('prune')
    .description('remove what was not used for the longest time; without options down to the limit')
    .option('--to <size>', 'until no more than this is left: 5GB, 500MB')
    .option('--older-than <age>', 'what was not used for this long: 12h, 30d, 2w')
    .action((options: { to?: string; olderThan?: string }) => {
      const asJson = json();
      return prune({ ...options, ...(asJson === undefined ? {} : { json: asJson }) });
    });
  cache
    .command('clear')
    .description('remove everything')
    .action(() => clear(json()));
  cache
    .command('limit')
    .description('set how much it may hold')
    .argument('<size>', '20GB, 500MB')
    .action((size: string) => limit(size, json()));
  for (const verb of cache.commands)
    verb
      .option('--json', 'print the result as JSON')
      .exitOverride()
      .showHelpAfterError(`(steelyard cache ${verb.name()} --help shows every option)`);
  return cache;
};
