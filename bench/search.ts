import { writeFile } from 'node:fs/promises';
import { searchers } from '../src/decide/search/index.ts';
import { median } from '../src/statistics/index.ts';
import { compare, truthOf, type Outcome } from './search/compare.ts';
import { exhaustiveSeconds, joinTables, readTable } from './search/look-table.ts';
import { plot } from './search/plot.ts';
import { optionOf } from './search/words.ts';
import { percent, table } from './table.ts';

const shares = [0.05, 0.1, 0.2, 0.4];
const seeds = Array.from({ length: 10 }, (_, i) => i + 1);

const regretOf = (value: number): string => (Number.isFinite(value) ? percent(value) : 'no choice');

/** Replays every searcher on a table of looks and prints how much of what everything would find it finds, by the time that it had; the plot lies
 *  beside the table. Uses no model and no clock: any machine gives the same numbers. */
export const run = async (): Promise<void> => {
  const paths = optionOf('table')?.split(',');
  if (paths === undefined) {
    console.log('left out: name a table with --table (its parts with commas between)');
    return;
  }
  const parts = await Promise.all(paths.map(readTable));
  const missing = paths.find((_, at) => parts[at] === null);
  if (missing !== undefined) {
    console.log(`left out: there is no ${missing}`);
    return;
  }
  const path = paths[0]!;
  const looks = joinTables(parts.map((part) => part!));
  const truth = truthOf(looks);
  const total = exhaustiveSeconds(looks);
  console.log(
    `${looks.scenario}: ${looks.rows.length} combinations, ${truth.feasible} meet the conditions; everything in full takes ${(total / 60).toFixed(0)} minutes; ${seeds.length} seeds`,
  );
  const outcomes = compare(looks, searchers, shares, seeds);
  const of = (searcher: string, share: number): Outcome[] =>
    outcomes.filter((one) => one.searcher === searcher && one.share === share);
  const rows = searchers.flatMap(({ id }) =>
    shares.map((share) => {
      const some = of(id, share);
      const volumes = some.map(({ volume }) => volume);
      const regrets = some.map(({ regret }) => regret);
      return [
        id,
        percent(share, 0),
        percent(median(volumes)),
        percent(Math.min(...volumes)),
        regretOf(median(regrets)),
        regretOf(Math.max(...regrets)),
        median(some.map((one) => one.looks)).toFixed(0),
        percent(median(some.map(({ seconds }) => seconds / total))),
      ];
    }),
  );
  console.log(
    table(
      [
        'searcher',
        'time',
        'volume, median',
        'worst',
        `regret in ${looks.objectives[0]!}, median`,
        'worst',
        'looks',
        'time used',
      ],
      rows,
    ),
  );
  const lines = (value: (some: readonly Outcome[]) => number) =>
    searchers.map(({ id, title }) => ({
      name: `${title} (${id})`,
      points: shares.map((share) => ({ x: 100 * share, y: value(of(id, share)) })),
    }));
  const xLabel = 'time, % of looking at everything in full';
  const file = `${path.replace(/\.json$/, '')}.svg`;
  await writeFile(
    file,
    plot([
      {
        title: `${looks.scenario}: volume found, median of ${seeds.length} seeds`,
        xLabel,
        yLabel: 'hypervolume, % of everything’s',
        yMax: 100,
        lines: lines((some) => 100 * median(some.map(({ volume }) => volume))),
      },
      {
        title: `Regret of the choice, median of ${seeds.length} seeds`,
        xLabel,
        yLabel: `worse ${looks.objectives[0]!} than the best, %`,
        yMax: 20,
        lines: lines((some) => 100 * median(some.map(({ regret }) => regret))),
      },
    ]),
  );
  console.log(`plot: ${file}`);
};
