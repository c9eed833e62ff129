import { readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openArtifacts, openPostgresStore, openStore } from '../src/records/index.ts';
import { commonPostgres, postgresOrSkip } from '../src/testing/postgres.ts';
import { findingsOf, search, start, type Findings, type Process } from './crew.ts';
import { remove, temporary, tinyJob } from './tiny.ts';

let folder: string;
let scenario: string;
beforeAll(async () => {
  folder = await temporary();
  ({ scenario } = await tinyJob(join(folder, 'job'), {
    rows: 100,
    must: '  - { metric: accuracy, worse-by-at-most: 15 pp }',
    more: search,
    searched: true,
    minutes: 20,
  }));
});
afterAll(() => remove(folder));

const linesOf = async (own: string): Promise<readonly string[]> =>
  (await readFile(join(own, 'records.jsonl'), 'utf8').catch(() => '')).split('\n').slice(0, -1);
const kindsOf = (lines: readonly string[]): readonly string[] =>
  lines.map((line) => (JSON.parse(line) as { record: { kind: string } }).record.kind);

/** `kill -9` when so many records of a kind are there; answers what was there then. */
const killAt = async (process: Process, own: string, kind: string, count: number): Promise<readonly string[]> => {
  for (;;) {
    const lines = await linesOf(own);
    if (kindsOf(lines).filter((one) => one === kind).length >= count) {
      process.signal('SIGKILL');
      expect(await process.ended, process.text()).toBeNull();
      return linesOf(own);
    }
    await sleep(10);
  }
};
const foundIn = async (own: string): Promise<Findings> => {
  const store = await openStore(own, { readOnly: true });
  try {
    return await findingsOf(store);
  } finally {
    await store.close();
  }
};
const timeless = ({ found, times }: Findings): readonly string[] => found.filter((key) => !times.includes(key));

test('the command line, killed while it builds, looks and weighs, goes on with --resume as if nothing had happened', async () => {
  const [own, whole] = [join(folder, 'killed'), join(folder, 'whole')];
  const tune = (out: string, ...more: string[]): Process =>
    start(['tune', scenario, '--out', out, '-q', ...more], folder);
  const undisturbed = tune(whole);
  expect(await undisturbed.ended, undisturbed.text()).toBe(0);

  let kept = await killAt(tune(own), own, 'build', 2);
  for (const [kind, count] of [
    ['trial', 2],
    ['measure', 8],
    ['choice', 1],
  ] as const) {
    const next = await killAt(tune(own, '--resume'), own, kind, count);
    expect(next.slice(0, kept.length)).toEqual(kept);
    kept = next;
  }
  const last = tune(own, '--resume');
  expect(await last.ended, last.text()).toBe(0);
  expect((await linesOf(own)).slice(0, kept.length)).toEqual(kept);

  const [is, was] = [await foundIn(own), await foundIn(whole)];
  expect(is.trials).toEqual(was.trials);
  expect(is.answers).toEqual(was.answers);
  expect([is.chosen, is.choices]).toEqual(['quantize/dynamic', 1]);
  expect(timeless(is)).toEqual(timeless(was));
  expect(new Set(is.found).size).toBe(is.found.length);
});

test.runIf(postgresOrSkip('a shared run whose machine is lost'))(
  'a shared run whose parent is killed and whose folder and scenario are gone goes on by its name alone',
  async () => {
    const url = await (await commonPostgres()).database(`resume_${process.pid}_${Date.now()}`);
    const artifacts = join(folder, 'artifacts');
    const more = ['--scratch', join(folder, 'scratch')];
    const worker = start(['worker', '--queue', url, '--artifacts', artifacts, ...more], folder);
    try {
      const place = ['--queue', url, '--artifacts', artifacts, '--name', 'friday', '-q'];
      const first = start(['tune', scenario, ...place], folder);
      await killAt(first, join(folder, 'runs/friday'), 'trial', 2);
      await rm(join(folder, 'runs/friday'), { recursive: true });
      await rename(join(folder, 'job'), join(folder, 'lost'));

      const elsewhere = join(folder, 'whole');
      const second = start(['tune', '--queue', url, '--name', 'friday', '--resume', '-q'], elsewhere);
      expect(await second.ended, `${second.text()}\n${worker.text()}`).toBe(0);
      expect(second.text()).toContain('Deploy quantize/dynamic');

      const there = await openPostgresStore({
        url,
        run: 'friday',
        artifacts: openArtifacts(artifacts, true),
        access: 'read',
      });
      const is = await findingsOf(there);
      await there.close();
      const was = await foundIn(elsewhere);
      expect(is.answers).toEqual(was.answers);
      expect(new Set(is.found).size).toBe(is.found.length);
      const here = await foundIn(join(elsewhere, 'runs/friday'));
      expect([here.trials, here.chosen]).toEqual([is.trials, is.chosen]);
      worker.signal('SIGKILL');
      await worker.ended;
      expect(await readdir(join(folder, 'scratch'))).toHaveLength(1);
      const next = start(['worker', '--queue', url, '--artifacts', artifacts, '--once', ...more], folder);
      expect(await next.ended, next.text()).toBe(0);
      expect(next.text()).toContain('removed what 1 killed worker left');
      expect(await readdir(join(folder, 'scratch'))).toEqual([]);
    } finally {
      worker.signal('SIGKILL');
      await worker.ended;
    }
  },
);
