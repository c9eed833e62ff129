import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withWorkFolder } from './work-folder.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'steelyard-test-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

test('the folder is there during the work and gone after it, also after a fault', async () => {
  let seen = '';
  const answer = await withWorkFolder(async (folder) => {
    seen = folder;
    await writeFile(join(folder, 'part'), 'x');
    return existsSync(folder);
  }, root);
  expect(answer).toBe(true);
  expect(basename(seen)).toContain(`-${process.pid}-`);
  await expect(withWorkFolder(() => Promise.reject(new Error('no')), root)).rejects.toThrow('no');
  expect(await readdir(root)).toEqual([]);
});

test('what killed processes of this machine left long ago goes; everything else stays', async () => {
  const here = hostname().replace(/[^\w.]+/g, '_');
  // Process ids end at 4,194,304.
  const dead = 5_000_000;
  const names = {
    old: `steelyard-${here}-${dead}-aaaaaa`,
    young: `steelyard-${here}-${dead}-bbbbbb`,
    alive: `steelyard-${here}-${process.pid}-cccccc`,
    elsewhere: `steelyard-other-${dead}-dddddd`,
    nameless: 'steelyard-eeeeee',
  };
  const longAgo = new Date(Date.now() - 2 * 3_600_000);
  for (const [kind, name] of Object.entries(names)) {
    await mkdir(join(root, name));
    await writeFile(join(root, name, 'part'), 'x');
    if (kind !== 'young') await utimes(join(root, name), longAgo, longAgo);
  }
  await withWorkFolder(() => Promise.resolve(), root);
  const { old: _, ...kept } = names;
  expect((await readdir(root)).toSorted()).toEqual(Object.values(kept).toSorted());
});
