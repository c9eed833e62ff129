import { join } from 'node:path';
import { seeded } from '../src/statistics/index.ts';
import { startPostgres } from '../src/testing/postgres.ts';
import { search } from '../tests/crew.ts';
import { remove, temporary, tinyJob } from '../tests/tiny.ts';
import { besiegeLocal } from './crash/local.ts';
import { besiegeShared } from './crash/shared.ts';
import { killsOf, newTally, type Tally } from './crash/tally.ts';
import { optionOf } from './search/words.ts';
import { table } from './table.ts';

const numberOf = (name: string, otherwise: number): number => {
  const word = optionOf(name);
  const value = word === null ? otherwise : Number(word);
  if (!Number.isInteger(value) || value < 0) throw new Error(`--${name} ${word}: expected a whole number`);
  return value;
};

const row = (what: string, tally: Tally): readonly string[] => [
  what,
  String(killsOf(tally)),
  [...tally.kills].map(([who, count]) => `${who} ${count}`).join(', '),
  String(tally.runs),
  String(tally.restarts),
  String(tally.faults.length),
];

/** `kill -9` of the parent, of workers and of PostgreSQL at random moments of small distributed runs, and of the process of small local runs: everything
 *  is started again until each run has finished, and each has to be as if nothing had happened.
 *  `--kills` (default 100) of distributed runs, `--local-kills` (default half as many), `--seed` (default 1). Exit code 1 on any fault. */
export const run = async (): Promise<void> => {
  const kills = numberOf('kills', 100);
  const localKills = numberOf('local-kills', Math.ceil(kills / 2));
  const seed = numberOf('seed', 1);
  const folder = await temporary();
  const [shared, local] = [newTally(), newTally()];
  try {
    const { scenario } = await tinyJob(join(folder, 'job'), {
      rows: 100,
      must: '  - { metric: accuracy, worse-by-at-most: 15 pp }',
      more: search,
      searched: true,
      minutes: 20,
    });
    if (localKills > 0)
      await besiegeLocal({ folder, scenario, random: seeded(seed, 'local kills'), tally: local }, localKills);
    if (kills > 0) {
      const postgres = await startPostgres();
      try {
        await besiegeShared({ folder, scenario, postgres, random: seeded(seed, 'kills'), tally: shared }, kills);
      } finally {
        await postgres.remove();
      }
    }
  } finally {
    await remove(folder);
  }
  console.log(
    table(
      ['runs', 'kills', 'of', 'finished', 'began in an outage', 'faults'],
      [row('in one process', local), row('over the queue', shared)],
    ),
  );
  for (const fault of [...local.faults, ...shared.faults]) console.log(`FAULT ${fault}`);
  if (local.faults.length + shared.faults.length > 0) process.exitCode = 1;
};
