import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStore } from '../../src/records/index.ts';
import { live } from './life.ts';
import { checkFiles, outcomeOf, stepsApart, violations, type Outcome } from './outcome.ts';
import type { Field } from './shared.ts';
import { countKill, killsOf } from './tally.ts';
import { watchFolder } from './witness.ts';

/** Each new process gets so many records further at most before it is killed, and a moment. */
const mostRecords = 8;
const longestPauseMs = 300;
const killsPerRun = 8;

/** One run in one process, with at most `kills` kills; answers what came out. */
const localRun = async (field: Omit<Field, 'postgres'>, name: string, kills: number): Promise<Outcome> => {
  const { folder, scenario, random, tally } = field;
  const own = join(folder, name);
  const tune = ['tune', scenario, '--out', own, '-q'];
  const life = live({
    name,
    words: () => (existsSync(join(own, 'records.jsonl')) ? [...tune, '--resume'] : tune),
    cwd: folder,
    began: () => true,
    tally,
  });
  const journal = watchFolder(own);
  try {
    for (let killed = 0; killed < kills && !life.isFinished();) {
      const enough = journal.seen() + random.integer(mostRecords + 1);
      const pause = random.integer(longestPauseMs);
      while (journal.seen() < enough && !life.isFinished()) await sleep(5);
      await Promise.race([sleep(pause), life.finished]);
      if (life.isFinished() || !(await life.kill())) continue;
      killed++;
      countKill(tally, 'tune');
      process.stdout.write(`${killsOf(tally)} ${name}: at ${journal.seen()} records\n`);
      life.revive();
    }
    await life.finished;
    const store = await openStore(own, { readOnly: true });
    try {
      await checkFiles(store);
      const outcome = await outcomeOf(store, own);
      for (const fault of await journal.lost()) tally.faults.push(`${name}: ${fault}`);
      return outcome;
    } finally {
      await store.close();
    }
  } finally {
    await life.end();
    await journal.close();
  }
};

/** Runs in one process, one after another, until `kills` kills happened; each has to end as one that nobody disturbed. */
export const besiegeLocal = async (field: Omit<Field, 'postgres'>, kills: number): Promise<void> => {
  const { tally, folder } = field;
  const undisturbed = await localRun(field, 'undisturbed', 0);
  while (killsOf(tally) < kills) {
    const name = `local-${tally.runs + 1}`;
    const outcome = await localRun(field, name, Math.min(killsPerRun, kills - killsOf(tally)));
    const apart = stepsApart(outcome, undisturbed);
    process.stdout.write(`${name}: finished; ${apart} models between steps were kept by one of the two runs only\n`);
    for (const fault of violations(outcome, undisturbed)) tally.faults.push(`${name}: ${fault}`);
    tally.runs++;
    await rm(join(folder, name), { recursive: true, force: true });
  }
};
