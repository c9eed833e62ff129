import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../src/contracts/index.ts';
import { openArtifacts, openPostgresStore, openStore } from '../../src/records/index.ts';
import type { TestPostgres } from '../../src/testing/postgres.ts';
import { live, type Life } from './life.ts';
import { checkFiles, folderViolations, outcomeOf, stepsApart, violations, type Outcome } from './outcome.ts';
import { countKill, killsOf, type Tally } from './tally.ts';
import { watchDatabase, watchFolder } from './witness.ts';

/** Where distributed runs of one scenario happen. */
export interface Field {
  readonly folder: string;
  readonly scenario: string;
  readonly postgres: TestPostgres;
  readonly random: Random;
  readonly tally: Tally;
}

const workers = 2;
/** Between two kills: a time, which also meets beginnings, or so many records further and a moment, which meets the work. */
const longestPauseMs = 6000;
const mostRecords = 10;
const longestMomentMs = 500;
const longestOutageMs = 1000;
/** Kills in one run: after them it may end. */
const killsPerRun = 8;

const targets = ['parent', 'parent and its folder', 'worker', 'worker', 'all workers', 'PostgreSQL', 'PostgreSQL'];

/** One run over the queue, with at most `kills` kills; answers what came out. */
const sharedRun = async (field: Field, name: string, kills: number): Promise<Outcome> => {
  const { folder, scenario, postgres, random, tally } = field;
  const url = await postgres.database(name);
  const cwd = join(folder, name);
  const artifacts = join(cwd, 'artifacts');
  const own = join(cwd, 'runs/shared');
  await mkdir(cwd, { recursive: true });
  const crew: Life[] = [];
  for (let at = 0; at < workers; at++) {
    const words = ['worker', '--queue', url, '--name', `w${at}`, '--lapse', '2', '--scratch', join(cwd, 'scratch')];
    crew.push(
      live({
        name: `${name}: worker ${at}`,
        words: () => words,
        cwd,
        began: (text) => text.includes(' is there: '),
        tally,
      }),
    );
  }
  const place = ['--queue', url, '--artifacts', artifacts, '--name', 'shared', '--width', '2', '-q'];
  /** The folder is gone: the run goes on by its name alone. */
  let gone = false;
  const parent = live({
    name: `${name}: parent`,
    words: () =>
      existsSync(join(own, 'records.jsonl'))
        ? ['tune', scenario, ...place, '--resume']
        : gone
          ? ['tune', ...place, '--resume']
          : ['tune', scenario, ...place],
    cwd,
    began: (text) => text.includes('warning: '),
    tally,
  });
  const [database, journal] = [watchDatabase(url, 'shared'), watchFolder(own)];
  /** Kill, and let the world go on. False: there was nobody to kill. */
  const strike = async (who: string): Promise<boolean> => {
    switch (who) {
      case 'parent':
      case 'parent and its folder': {
        const met = await parent.kill();
        if (met && who !== 'parent') {
          await rm(own, { recursive: true, force: true });
          journal.forget();
          gone = true;
        }
        parent.revive();
        return met;
      }
      case 'worker': {
        const one = crew[random.integer(crew.length)]!;
        const met = await one.kill();
        one.revive();
        return met;
      }
      case 'all workers': {
        const met = await Promise.all(crew.map((one) => one.kill()));
        for (const one of crew) one.revive();
        return met.some(Boolean);
      }
      default:
        await postgres.kill();
        await sleep(random.integer(longestOutageMs));
        await postgres.start();
        return true;
    }
  };
  try {
    for (let killed = 0; killed < kills && !parent.isFinished();) {
      const who = targets[random.integer(targets.length)]!;
      const [byTime, pause, more, moment] = [
        random.integer(3) === 0,
        random.integer(longestPauseMs),
        random.integer(mostRecords + 1),
        random.integer(longestMomentMs),
      ];
      const enough = database.seen() + more;
      while (!byTime && database.seen() < enough && !parent.isFinished()) await sleep(5);
      await Promise.race([sleep(byTime ? pause : moment), parent.finished]);
      // Before anything was sent along there is nothing to go on from.
      if (who === 'parent and its folder' && database.seen() === 0) continue;
      if (parent.isFinished() || !(await strike(who))) continue;
      killed++;
      countKill(tally, who);
      process.stdout.write(`${killsOf(tally)} ${name}: ${who} at ${database.seen()} records\n`);
    }
    await parent.finished;
    await Promise.all(crew.map((one) => one.end()));
    const place = openArtifacts(artifacts, true, true);
    const shared = await openPostgresStore({ url, run: 'shared', artifacts: place, access: 'read' });
    const local = await openStore(own, { readOnly: true });
    try {
      await checkFiles(shared);
      const outcome = await outcomeOf(shared, own);
      const lost = [...(await database.lost()), ...(await journal.lost())];
      for (const fault of [...lost, ...folderViolations(await outcomeOf(local, own), outcome)])
        tally.faults.push(`${name}: ${fault}`);
      return outcome;
    } finally {
      await local.close();
      await shared.close();
    }
  } finally {
    await Promise.all([parent.end(), ...crew.map((one) => one.end())]);
    await database.close();
    await journal.close();
  }
};

/** Distributed runs, one after another, until `kills` kills happened; each has to end as one that nobody disturbed. */
export const besiegeShared = async (field: Field, kills: number): Promise<void> => {
  const { tally, folder } = field;
  const undisturbed = await sharedRun(field, 'undisturbed', 0);
  while (killsOf(tally) < kills) {
    const name = `shared_${tally.runs + 1}`;
    const outcome = await sharedRun(field, name, Math.min(killsPerRun, kills - killsOf(tally)));
    const apart = stepsApart(outcome, undisturbed);
    process.stdout.write(`${name}: finished; ${apart} models between steps were kept by one of the two runs only\n`);
    for (const fault of violations(outcome, undisturbed)) tally.faults.push(`${name}: ${fault}`);
    tally.runs++;
    await rm(join(folder, name), { recursive: true, force: true });
  }
};
