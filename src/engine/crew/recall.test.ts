import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BundleRecord } from '../../contracts/index.ts';
import { openPostgresStore, openSharedArtifacts, openStore } from '../../records/index.ts';
import { commonPostgres, postgresOrSkip } from '../../testing/postgres.ts';
import { tinyJob } from '../../../tests/tiny.ts';
import { prepare, type Prepared } from '../run/prepare.ts';
import { openRun } from '../run/open-run.ts';
import { beginRun } from './begin.ts';
import { keepBundle } from './bundle.ts';
import { jobOf } from './job.ts';
import { recallBundle } from './recall.ts';

const { signal } = new AbortController();

describe.runIf(postgresOrSkip('a shared run that goes on elsewhere'))('a shared run that goes on elsewhere', () => {
  let folder: string;
  let url: string;
  let artifacts: string;
  let there: Prepared;
  let bundle: BundleRecord;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'steelyard-recall-'));
    url = await (await commonPostgres()).database(`recall_${process.pid}_${Date.now()}`);
    artifacts = join(folder, 'shared');
    const { scenario } = await tinyJob(join(folder, 'job'), { rows: 40 });
    there = await prepare({ scenario });
    const place = await openSharedArtifacts(artifacts, { cache: join(folder, 'cache'), create: true });
    for (const run of ['friday', 'begun']) {
      const store = await openPostgresStore({ url, run, artifacts: place, access: 'new' });
      if (run === 'friday') bundle = await keepBundle(there, store, { artifacts, machine: there.machine.digest });
      await store.close();
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const begin = (name: string, more: { readonly artifacts?: string; readonly scenario?: string } = {}) =>
    beginRun({
      scenario: more.scenario ?? null,
      resume: true,
      queue: { url, name, artifacts: more.artifacts },
      base: join(folder, 'elsewhere'),
      signal,
    });
  const jobIn = async (prepared: Prepared, name: string): Promise<string> => {
    const own = join(folder, name);
    const store = await openStore(own);
    const opened = await openRun(prepared, { folder: own, store, signal });
    const { key } = jobOf(opened.run, { kind: 'answer', chain: null, split: 'evaluation' }, false);
    await opened.close();
    await store.close();
    return key;
  };

  test('its scenario, model and data come from its database and its files; it is the same run, with the same jobs', async () => {
    const { prepared, folder: own, bundle: found } = await begin('friday');
    expect(own).toBe(join(folder, 'elsewhere/runs/friday'));
    expect(found).toEqual(bundle);
    expect(prepared.scenarioFile).toBe(join(own, 'bundle/scenario.yaml'));
    expect([prepared.found.digest, prepared.data.digest]).toEqual([there.found.digest, there.data.digest]);
    expect(await jobIn(prepared, 'again')).toBe(await jobIn(there, 'before'));
    // What it would send along is what was sent along.
    const place = await openSharedArtifacts(artifacts, { cache: join(folder, 'cache'), create: false });
    const store = await openPostgresStore({ url, run: 'friday', artifacts: place, access: 'own' });
    expect(await keepBundle(prepared, store, { artifacts, machine: there.machine.digest })).toEqual(bundle);
    await store.close();
    // With the scenario at hand it is the one that counts.
    await rm(own, { recursive: true });
    const given = await begin('friday', { scenario: there.scenarioFile });
    expect(given.prepared.scenarioFile).toBe(there.scenarioFile);
    expect(given.bundle).toEqual(bundle);
  });

  test('what is not there is named, and where it is not', async () => {
    await expect(begin('friday', { artifacts: join(folder, 'unmounted') })).rejects.toMatchObject({
      code: 'store/missing',
      message: expect.stringContaining('unmounted') as string,
    });
    const empty = join(folder, 'empty');
    await mkdir(empty);
    await expect(begin('friday', { artifacts: empty })).rejects.toMatchObject({
      code: 'queue/bundle',
      message: expect.stringMatching(/"friday".*not in .*empty: .*evaluation\.jsonl.*model\/model\.onnx/) as string,
    });
    await expect(begin('begun')).rejects.toMatchObject({
      code: 'queue/bundle',
      message: expect.stringContaining('"begun" ended before it had sent') as string,
    });
    await expect(begin('firday')).rejects.toMatchObject({
      code: 'store/missing',
      message: expect.stringContaining('no run "firday"') as string,
    });
    await expect(begin('firday', { scenario: there.scenarioFile })).rejects.toMatchObject({ code: 'store/missing' });
    await expect(
      beginRun({ scenario: null, queue: { url, name: 'friday' }, base: folder, signal }),
    ).rejects.toMatchObject({ code: 'usage/scenario' });
    expect(await recallBundle({ url, run: 'begun', signal })).toBeNull();
  });

  test('a file that was changed after it was sent is found out', async () => {
    const { digest } = bundle.files.find(({ name }) => name.endsWith('holdback.jsonl'))!;
    const hex = digest.slice('sha256:'.length);
    const path = join(artifacts, hex.slice(0, 2), hex);
    await writeFile(path, 'other rows\n');
    await expect(begin('friday')).rejects.toMatchObject({
      code: 'store/corrupt',
      message: expect.stringContaining(path) as string,
    });
  });
});
