import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { commonPostgres, postgresOrSkip } from '../src/testing/postgres.ts';
import { root } from './cli.ts';
import { start } from './crew.ts';
import { remove, temporary, tinyJob } from './tiny.ts';

test.runIf(postgresOrSkip('the guide to many machines'))(
  'the commands of the guide to many machines do what it says: a worker, a run, a look at the queue, going on by name',
  async () => {
    const folder = await temporary();
    const [worker, tune, queue, resume] = [
      ...(await readFile(join(root, 'docs/scale.md'), 'utf8')).matchAll(/```sh\n([\s\S]*?)```/g),
    ]
      .flatMap(([, block]) => block!.split('\n'))
      .filter((line) => line.startsWith('steelyard '))
      .map((line) => line.split(/\s+/).slice(1));
    const name = `guide_${process.pid}_${Date.now()}`;
    const url = await (await commonPostgres()).database(name);
    await tinyJob(folder);
    await mkdir(join(folder, 'shared'));
    // The guide's words, but for where the database and the shared folder are.
    const here = (words: readonly string[]): string[] =>
      words.map((word) =>
        word.startsWith('postgres://') ? url : word === '/shared/steelyard' ? join(folder, 'shared') : word,
      );
    const hand = start(here(worker!), folder);
    try {
      const run = start(here(tune!), folder);
      expect(await run.ended, run.text()).toBe(0);
      expect(run.text()).toContain('Deploy');
      const look = start(here(queue!), folder);
      expect(await look.ended, look.text()).toBe(0);
      expect(look.text()).toContain('1 worker');
      expect(look.text()).toContain('site=lab');
      await remove(join(folder, 'runs'));
      const again = start(here(resume!), folder);
      expect(await again.ended, again.text()).toBe(0);
      expect(again.text()).toContain('Deploy');
    } finally {
      hand.signal('SIGTERM');
      const left = await Promise.race([hand.ended, sleep(30_000).then(() => 'it did not leave')]);
      await remove(folder);
      expect(left, hand.text()).toBe(0);
    }
  },
);
