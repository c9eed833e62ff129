import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { defineTechnique, type Chain, type Store, type StoreRecord, type Technique } from '../src/contracts/index.ts';
import { dropBeginnings } from '../src/engine/build/beginnings.ts';
import { openRun } from '../src/engine/run/open-run.ts';
import { prepare } from '../src/engine/run/prepare.ts';
import { openRunStore } from '../src/engine/run/run-store.ts';
import { buildAll, type Version, type Workshop } from '../src/engine/build/versions.ts';
import { techniques } from '../src/optimize/index.ts';
import { remove, temporary, tinyJob } from './tiny.ts';

/** Seconds of a clock that stands still but for the techniques below. */
let clock = 0;
let applied: string[] = [];

/** Signs the model, which takes as long as its option says. */
const sign = defineTechnique({
  id: 'test/sign',
  version: 1,
  title: 'Sign the model',
  source: 'none',
  summary: 'It writes a name into the metadata.',
  options: {
    name: { kind: 'text', default: '', description: 'The name.' },
    seconds: { kind: 'number', default: 1, min: 0, max: 100, description: 'How long it takes.' },
  },
  needs: { calibration: 'none', training: false },
  fileSuffix: null,
  tolerance: () => 1e-6,
  check: () => null,
  apply(model, { name, seconds }) {
    clock += seconds * 1000;
    applied.push(name);
    const metadata = new Map([...model.metadata, [`signed by ${name}`, String(model.metadata.size)]]);
    return Promise.resolve({ model: { ...model, metadata }, changes: [{ what: 'signed', nodes: [] }], skipped: [] });
  },
});

let folder = '';
let scenario = '';
const list = techniques as Technique[];
beforeAll(async () => {
  folder = await temporary();
  ({ scenario } = await tinyJob(folder, { rows: 60 }));
  list.push(sign as unknown as Technique);
});
afterAll(async () => {
  list.splice(list.indexOf(sign as unknown as Technique), 1);
  await remove(folder);
});
beforeEach(() => {
  applied = [];
});

const signed = (name: string, seconds = 1) => ({ technique: 'test/sign', options: { name, seconds } });
const int8 = { technique: 'quantize/dynamic', options: {} };
const half = { technique: 'quantize/float16-storage', options: {} };
const chain = (id: string, steps: Chain['steps'], session: Chain['session'] = {}): Chain => ({ id, steps, session });

/** What a run finds in its store at the end. */
const recordsOf = async (store: Store): Promise<StoreRecord[]> => {
  const records: StoreRecord[] = [];
  for await (const record of store.records()) records.push(record);
  return records;
};

/** Open a run in a folder, with a cache behind it or none, and work in it. */
const inRun = async <T>(
  name: string,
  work: (workshop: Workshop) => Promise<T>,
  { cache = null, file = scenario, log }: { cache?: string | null; file?: string; log?: string[] } = {},
): Promise<T> => {
  const say = (_level: string, message: string): void => void log?.push(message);
  const prepared = await prepare({ scenario: file });
  const store = await openRunStore(join(folder, name), { cache, log: say });
  const opened = await openRun(prepared, { folder: join(folder, name), store, signal: new AbortController().signal });
  try {
    const workshop = await opened.workshop();
    const context = { ...workshop.run.context, now: () => clock };
    return await work({ ...workshop, run: { ...workshop.run, context } });
  } finally {
    await opened.close();
    await store.close();
  }
};

const filesOf = (versions: readonly Version[]): readonly string[] =>
  versions.map(({ built }) => built.files.map(({ digest }) => digest).join());

/** Of the family below, as the first test found them. */
const files: string[] = [];

const family = [
  chain('int8', [signed('ann'), int8]),
  chain('half', [signed('ann'), half]),
  chain('both', [signed('ann'), signed('bob'), int8]),
  chain('both, two threads', [signed('ann'), signed('bob'), int8], { intraOpThreads: 2 }),
];

describe('what chains share is built once', () => {
  test('in any order, with the bytes of a build from the start, and records say what was taken over', async () => {
    const together = await inRun(
      'together',
      async (workshop) => {
        const versions = await buildAll(workshop, family);
        const builds = (await recordsOf(workshop.run.store)).filter((record) => record.kind === 'build');
        expect(builds.map(({ begun, seconds }) => [begun, seconds])).toEqual([
          [undefined, 1],
          [{ steps: 1, seconds: 1 }, 0],
          [{ steps: 1, seconds: 1 }, 1],
          [{ steps: 2, seconds: 2 }, 0],
        ]);
        return versions;
      },
      { cache: join(folder, 'cache') },
    );
    expect(applied).toEqual(['ann', 'bob']);
    files.push(...filesOf(together));
    applied = [];
    const backwards = await inRun('backwards', (workshop) => buildAll(workshop, family.toReversed()));
    expect(applied).toEqual(['ann', 'bob']);
    expect(filesOf(backwards.toReversed())).toEqual(files);
    const alone = await inRun('alone', (workshop) => buildAll(workshop, [family[2]!]));
    expect(filesOf(alone)).toEqual(files.slice(2, 3));
  });

  test('what is quickly made is not kept', async () => {
    await inRun('quick', async (workshop) => {
      await buildAll(workshop, [chain('a', [signed('ann', 0.2), int8]), chain('b', [signed('ann', 0.2), half])]);
      expect((await recordsOf(workshop.run.store)).map(({ kind }) => kind)).toEqual(['build', 'build']);
    });
    expect(applied).toEqual(['ann', 'ann']);
  });

  test('at the end only versions stay; a run that goes on makes the rest again', async () => {
    await inRun('ended', async (workshop) => {
      const { store } = workshop.run;
      const [version] = await buildAll(workshop, [family[2]!]);
      await dropBeginnings(store);
      await expect(store.path(version!.built.files[0]!.digest)).resolves.toContain('artifacts');
      const steps = (await recordsOf(store)).filter((record) => record.kind === 'step');
      expect(steps.map(({ steps: taken }) => taken.length)).toEqual([1, 2]);
      for (const { files } of steps)
        await expect(store.path(files[0]!.digest)).rejects.toMatchObject({ code: 'store/missing' });
      const [again] = await buildAll(workshop, [chain('longer', [...family[2]!.steps.slice(0, 2), half])]);
      expect(again).toBeDefined();
    });
    expect(applied).toEqual(['ann', 'bob', 'ann', 'bob']);
  });
});

describe('another run shares what was built', () => {
  const cache = (): string => join(folder, 'cache');

  test('the second one applies nothing, names it its own way, and says where it is from', async () => {
    const log: string[] = [];
    const renamed = family.map((one) => ({ ...one, id: `my ${one.id}` }));
    await inRun(
      'second',
      async (workshop) => {
        expect(filesOf(await buildAll(workshop, renamed))).toEqual(files);
        const builds = (await recordsOf(workshop.run.store)).filter((record) => record.kind === 'build');
        expect(builds.map(({ chain: { id }, cached }) => [id, cached])).toEqual(renamed.map(({ id }) => [id, true]));
      },
      { cache: cache(), log },
    );
    expect(applied).toEqual([]);
    expect(log.at(-1)).toBe('from the cache: 4 of 4 builds');
  });

  test('a chain that no run had goes on from where another got to; on other data it is compared anew', async () => {
    const other = join(folder, 'other');
    const { scenario: file } = await tinyJob(other, { rows: 40 });
    await inRun(
      'elsewhere',
      async (workshop) => {
        const versions = await buildAll(workshop, [family[0]!, chain('new', [signed('ann'), signed('bob'), half])]);
        expect(versions).toHaveLength(2);
        const builds = (await recordsOf(workshop.run.store)).filter((record) => record.kind === 'build');
        // As the other run left it, compared on this one's inputs, and the new one.
        expect(builds.map(({ cached, compared }) => [cached === true, compared === workshop.compared])).toEqual([
          [true, false],
          [false, true],
          [false, true],
        ]);
      },
      { cache: cache(), file },
    );
    expect(applied).toEqual([]);
  });
});
