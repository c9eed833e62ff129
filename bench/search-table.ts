import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { allPoints, keyOf } from '../src/decide/search/index.ts';
import { openRun } from '../src/engine/run/open-run.ts';
import { prepare } from '../src/engine/run/prepare.ts';
import { look } from '../src/engine/search/look.ts';
import { wantedOf } from '../src/engine/search/objectives.ts';
import { lookPlans, rowsOf, rungsOf } from '../src/engine/search/rungs.ts';
import { makeSpace } from '../src/engine/search/space.ts';
import { openStore } from '../src/records/index.ts';
import { readTable, writeTable, type LookTable, type TableRow } from './search/look-table.ts';
import { flagged, optionOf } from './search/words.ts';

/** Combinations that are looked at together, as in a run. */
const together = 4;

/** `--part 2/8`: of eight parts that together are everything, the second; by default everything. Errors: anything else than `k/n` with 1 ≤ k ≤ n. */
const partOf = (written: string | null): { readonly part: number; readonly of: number } => {
  if (written === null) return { part: 1, of: 1 };
  const [part, of] = written.split('/').map(Number);
  if (!(Number.isInteger(part) && Number.isInteger(of) && part! >= 1 && part! <= of!))
    throw new Error(`--part ${written}: expected k/n with 1 ≤ k ≤ n, such as 2/8`);
  return { part: part!, of: of! };
};

/** Looks at every combination of a scenario's space at every rung and keeps outcomes and seconds as a table. Started again it goes on where it was.
 *  `--dry` only tells how many combinations there are; `--part k/n` looks at every n-th, for machines with cores for several at once. */
export const run = async (): Promise<void> => {
  const [scenarioFile, out] = [optionOf('scenario'), optionOf('out')];
  if (scenarioFile === null || (out === null && !flagged('dry'))) {
    console.log('left out: name a scenario with --scenario and a file for the table with --out');
    return;
  }
  const { part, of } = partOf(optionOf('part'));
  const prepared = await prepare({ scenario: resolve(scenarioFile) });
  const path = out ?? 'table.json';
  const folder = resolve(`${path}.run`);
  await mkdir(folder, { recursive: true });
  const store = await openStore(folder);
  const opened = await openRun(prepared, { folder, store, signal: new AbortController().signal });
  try {
    const workshop = await opened.workshop();
    const { found, machine, scenario, data, evaluators } = prepared;
    const made = await makeSpace({ model: found.model, machine, scenario, context: opened.run.context });
    const everything = allPoints(made.space);
    if (everything === null)
      throw new Error(`${made.points} combinations are too many to go through: restrict search in the scenario`);
    const points = everything.filter((_, at) => at % of === part - 1);
    for (const { id, values } of made.space.dimensions) console.log(`  ${id}: ${values.join(' | ')}`);
    console.log(`${scenario.name}: ${points.length} combinations, ${made.seeds.length} seeds`);
    if (flagged('dry')) return;
    const plans = lookPlans(rowsOf(data));
    const head: Omit<LookTable, 'rows'> = {
      format: 1,
      scenario: scenario.name,
      machine: { cpu: machine.cpu, cores: machine.cores },
      dimensions: made.space.dimensions,
      seeds: made.seeds,
      objectives: wantedOf(scenario.prefer, evaluators).map(({ spec }) => spec.id),
      rungs: rungsOf(plans),
    };
    const before = await readTable(path);
    if (before !== null && JSON.stringify(before.dimensions) !== JSON.stringify(head.dimensions))
      throw new Error(`${path} holds looks at another space: name another file`);
    const rows: TableRow[] = [...(before?.rows ?? [])];
    const done = new Set(rows.map(({ point }) => keyOf(point)));
    const left = points.filter((point) => !done.has(keyOf(point)));
    for (let from = 0; from < left.length; from += together) {
      const batch = left.slice(from, from + together).map((point) => ({ point, chain: made.chainOf(point) }));
      const looks: Awaited<ReturnType<typeof look>>[] = [];
      for (const rung of plans.keys())
        looks.push(
          await look(
            { workshop, plans },
            batch.map((one) => ({ ...one, rung })),
          ),
        );
      for (const [at, { point, chain }] of batch.entries())
        rows.push({
          point,
          chain: chain.id,
          // Built at the first look, found afterwards.
          buildSeconds: looks[0]![at]!.buildSeconds,
          looks: looks.map((some, rung) => ({
            rung,
            outcome: some[at]!.outcome,
            seconds: some[at]!.seconds - some[at]!.buildSeconds,
          })),
        });
      await writeTable(path, { ...head, rows });
      console.log(`${rows.length} of ${points.length}`);
    }
    console.log(`table: ${path}`);
  } finally {
    await opened.close();
    await store.close();
  }
};
