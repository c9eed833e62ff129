// Every combination of a small space with what looks at it showed: the ground that searchers are compared on.
import { readFile, rename, writeFile } from 'node:fs/promises';
import type { Ask, Dimension, Point, Rung, Space, TrialOutcome, Tried } from '../../src/contracts/index.ts';
import { keyOf } from '../../src/decide/search/index.ts';

/** One look at one combination. */
export interface TableLook {
  readonly rung: number;
  readonly outcome: TrialOutcome;
  /** Of the look alone, without its build. */
  readonly seconds: number;
}

export interface TableRow {
  readonly point: Point;
  /** Id of the chain that the point stands for. */
  readonly chain: string;
  readonly buildSeconds: number;
  readonly looks: readonly TableLook[];
}

/** The file's content. */
export interface LookTable {
  readonly format: 1;
  readonly scenario: string;
  readonly machine: { readonly cpu: string; readonly cores: number };
  readonly dimensions: readonly Dimension[];
  readonly seeds: readonly Point[];
  readonly objectives: readonly string[];
  readonly rungs: readonly Rung[];
  readonly rows: readonly TableRow[];
}

/** The table at a path, or null where there is none. Errors: a file of another format. */
export const readTable = async (path: string): Promise<LookTable | null> => {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  const table = JSON.parse(text) as LookTable;
  if (table.format !== 1) throw new Error(`${path} is no table of looks (format ${String(table.format)}, expected 1)`);
  return table;
};

/** Parts of one table, made with `search-table --part`, as one. Errors: parts of different spaces or machines, or no part. */
export const joinTables = (parts: readonly LookTable[]): LookTable => {
  const first = parts[0];
  if (first === undefined) throw new Error('no part of a table was given');
  const { rows: _, ...head } = first;
  const other = parts.find(({ rows: _rows, ...its }) => JSON.stringify(its) !== JSON.stringify(head));
  if (other !== undefined) throw new Error('the parts are of different spaces or machines');
  return { ...head, rows: parts.flatMap(({ rows }) => rows) };
};

/** Keep a table; whoever reads sees the old one or the new one. */
export const writeTable = async (path: string, table: LookTable): Promise<void> => {
  await writeFile(`${path}.next`, JSON.stringify(table));
  await rename(`${path}.next`, path);
};

/** Only what the table holds may be tried. */
export const tableSpace = ({ dimensions, rows }: LookTable): Space => {
  const known = new Set(rows.map(({ point }) => keyOf(point)));
  return { dimensions, excluded: (point) => (known.has(keyOf(point)) ? null : 'it is not in the table') };
};

/** What going through everything in full takes: each combination is built and looked at once. */
export const exhaustiveSeconds = ({ rows, rungs }: LookTable): number =>
  rows.reduce(
    (sum, { buildSeconds, looks }) => sum + buildSeconds + (lookAt(looks, rungs.length - 1)?.seconds ?? 0),
    0,
  );

export const lookAt = (looks: readonly TableLook[], rung: number): TableLook | undefined =>
  looks.find((one) => one.rung === rung);

/** Where a row stands in truth, as far as its full look tells: its objectives where it meets the conditions, otherwise null. */
export const feasibleObjectives = ({ looks }: TableRow, rungs: readonly Rung[]): readonly number[] | null => {
  const outcome = lookAt(looks, rungs.length - 1)?.outcome;
  return outcome?.kind === 'looked' && outcome.misses === 0 && !outcome.hopeless ? outcome.objectives : null;
};

/** Looks as the table remembers them, each combination built at its first look. A new replay for each search. */
export const replay = ({ rows, rungs }: LookTable): ((asks: readonly Ask[]) => Tried[]) => {
  const byKey = new Map(rows.map((row) => [keyOf(row.point), row]));
  const built = new Set<string>();
  return (asks) =>
    asks.map(({ point, rung }) => {
      const key = keyOf(point);
      const row = byKey.get(key);
      if (row === undefined) throw new Error(`a searcher asked for ${key}, which is not in the table`);
      const look = lookAt(row.looks, rung);
      if (look === undefined) throw new Error(`the table is not finished: ${row.chain} at "${rungs[rung]!.name}"`);
      const seconds = look.seconds + (built.has(key) ? 0 : row.buildSeconds);
      built.add(key);
      return { point, rung, outcome: look.outcome, seconds };
    });
};
