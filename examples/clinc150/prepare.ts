import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Example } from '../../src/contracts/index.ts';
import { contentKey } from '../../src/data/index.ts';
import { seeded } from '../../src/statistics/index.ts';
import { shared } from '../../src/testing/shared.ts';

/** One line of a data file. */
export interface IntentRow {
  readonly id: string;
  readonly text: string;
  readonly intent: string;
  readonly domain: string;
}

type Split = readonly (readonly [string, string])[];

const calibrationRows = 400;
const seed = 1;

type Name = 'evaluation' | 'holdback' | 'train' | 'calibration' | 'out-of-scope';

/** CLINC150 as files of rows: evaluation (validation split), holdback (test split), train (training split), calibration (a sample of that),
 *  and half of the test split's 1,000 texts of no intent to measure doubt on; the model learned such texts as an intent of their own, "oos",
 *  so the rest stay where they are, with that as their right answer. A text that occurs in two of the splits stays in the one that comes
 *  later in the decision: holdback before evaluation before training. null when the real files are not there. */
export const intentRows = async (): Promise<Readonly<Record<Name, readonly IntentRow[]>> | null> => {
  const folder = shared('data', 'clinc150');
  if (folder === null) return null;
  const full = JSON.parse(await readFile(join(folder, 'data_full.json'), 'utf8')) as Readonly<Record<string, Split>>;
  const domains = JSON.parse(await readFile(join(folder, 'domains.json'), 'utf8')) as Readonly<
    Record<string, readonly string[]>
  >;
  const domainOf = new Map(
    Object.entries(domains).flatMap(([domain, intents]) => intents.map((intent) => [intent, domain] as const)),
  );
  const rows = (...names: readonly string[]): IntentRow[] =>
    names.flatMap((name) =>
      full[name]!.map(([text, intent], at) => ({
        id: `${name}-${at + 1}`,
        text,
        intent,
        domain: domainOf.get(intent) ?? 'out_of_scope',
      })),
    );
  const keyOf = ({ id, text, intent }: IntentRow): string =>
    contentKey({ id, text, label: intent, groups: {} } satisfies Example);
  const seen = new Set<string>();
  const fresh = (some: readonly IntentRow[]): IntentRow[] => {
    const kept = some.filter((row) => !seen.has(keyOf(row)));
    for (const row of some) seen.add(keyOf(row));
    return kept;
  };
  const strangers = seeded(seed, 'out-of-scope').shuffle(rows('oos_test'));
  const half = strangers.length / 2;
  const holdback = fresh([...rows('test'), ...strangers.slice(half)]);
  const outside = fresh(strangers.slice(0, half));
  const evaluation = fresh(rows('val', 'oos_val'));
  const train = fresh(seeded(seed, 'clinc150').shuffle(rows('train', 'oos_train')));
  return { evaluation, holdback, train, calibration: train.slice(0, calibrationRows), 'out-of-scope': outside };
};

/** Write the data into `folder`, and the model beside it (a link where the system allows, else a copy).
 *  Returns rows per file, or null when there is nothing to read. */
export const prepareClinc150 = async (folder: string): Promise<Readonly<Record<string, number>> | null> => {
  const splits = await intentRows();
  const model = shared('models', 'clinc150-bert');
  if (splits === null || model === null) return null;
  await mkdir(folder, { recursive: true });
  for (const [name, rows] of Object.entries(splits))
    await writeFile(join(folder, `${name}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  await rm(join(folder, 'model'), { recursive: true, force: true });
  await symlink(model, join(folder, 'model'), 'dir').catch(() => cp(model, join(folder, 'model'), { recursive: true }));
  return Object.fromEntries(Object.entries(splits).map(([name, rows]) => [name, rows.length]));
};

if (process.argv[1] !== undefined && /prepare\.(js|ts)$/.test(process.argv[1])) {
  const folder = resolve(process.argv[2] ?? join('examples', 'clinc150', 'work'));
  const counts = await prepareClinc150(folder);
  console.log(
    counts === null ? 'skipped: ../shared/data/clinc150 is not there' : `${JSON.stringify(counts)} in ${folder}`,
  );
}
